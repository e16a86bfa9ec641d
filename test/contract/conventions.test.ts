import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "./office.ts"

/** The rules that hold for all paths (api.md 1), and the paths that there are not yet. */

let at: Office
let general: string
let billing: string
let entryPointId: string
let mailboxId: string

beforeAll(async () => {
  at = await office()
  general = await at.inbox("General Support", "1440")
  billing = await at.inbox("Billing", "60")
  const mailbox = await at.mailbox("Billing@Retale.com")
  entryPointId = mailbox.entryPointId
  mailboxId = mailbox.id
})
afterAll(() => at.server.close())

test("what was read may be sent back as it is, at any depth; an unknown field is still named", async () => {
  await at.save("email", general, [{ entryPointId, inboxId: billing, slaMinutesText: "0.66" }])
  const chatApp = (await at.api("POST", "/chat-apps", { name: "shop" })).body
  const mail = await at.mail(entryPointId, "maya@example.com")
  const account = (await at.api("GET", "/carrier-accounts")).body.items[0].id
  const paths: [string, string][] = [
    ["PUT", "/channel-routings/email"],
    ["PATCH", "/workflow-settings"],
    ["PATCH", "/organization"],
    ["PATCH", `/inboxes/${billing}`],
    ["PATCH", `/mailboxes/${mailboxId}`],
    ["PATCH", `/entry-points/${entryPointId}`],
    ["PATCH", `/chat-apps/${chatApp.id}`],
    ["PATCH", `/users/${at.server.userId}`],
    ["PATCH", `/customers/${mail.customerId}`],
    ["PATCH", `/carrier-accounts/${account}`],
  ]
  for (const [method, path] of paths) {
    const { body, headers } = await at.api("GET", path)
    const etag = headers.get("etag") ?? ""
    expect(etag, path).toBe(`"${body.version}"`)
    expect(await at.api(method, path, { ...body, color: "red" }, { "if-match": etag }), path).toMatchObject({
      status: 400,
      body: { code: "unknown_field", errors: [{ pointer: "#/color" }] },
    })
    const sent = await at.api(method, path, body, { "if-match": etag })
    expect(sent, path).toMatchObject({ status: 200 })
    expect((await at.api(method, path, body)).body, path).toMatchObject({ code: "precondition_required" })
    expect((await at.api(method, path, body, { "if-match": '"999"' })).body, path).toMatchObject({
      code: "version_conflict",
      currentVersion: sent.body.version,
    })
  }
})

test("an entry point is renamed; its channel never changes", async () => {
  const path = `/entry-points/${entryPointId}`
  expect((await at.api("PATCH", path, { displayName: "Bills" }, { "if-match": "*" })).body).toMatchObject({
    displayName: "Bills",
    address: "billing@retale.com",
  })
  expect(await at.api("PATCH", path, { channel: "sms" }, { "if-match": "*" })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: "#/channel", code: "immutable" }] },
  })
})

test("all wrong fields are told at once, and nothing is stored", async () => {
  expect((await at.api("POST", "/inboxes", { name: "", slaMinutesText: "0.0" })).body.errors).toEqual([
    { pointer: "#/name", code: "required", detail: "Enter a value." },
    { pointer: "#/slaMinutesText", code: "sla_zero", detail: expect.any(String) },
  ])
  const section = await at.api(
    "PUT",
    "/channel-routings/email",
    { exceptions: [{ entryPointId, inboxId: null, slaMinutesText: "-1" }] },
    { "if-match": "*" },
  )
  expect(section.body.errors.map((one: { pointer: string; code: string }) => [one.pointer, one.code])).toEqual([
    ["#/defaultInboxId", "required"],
    ["#/exceptions/0/inboxId", "required"],
    ["#/exceptions/0/slaMinutesText", "sla_minus"],
  ])
})

test("events are filtered by type before the page is cut, by name or by noun", async () => {
  const one = (await at.api("GET", "/events?limit=1&types=contact.started")).body
  expect(one.items).toMatchObject([{ type: "contact.started" }])
  expect(one.position).toBe(one.items[0].position)
  const nouns = (await at.api("GET", "/events?limit=1000&types=contact.*")).body.items.map(
    (event: { type: string }) => event.type,
  )
  expect(nouns).toContain("contact.queued")
  expect(nouns.every((type: string) => type.startsWith("contact."))).toBe(true)
  const none = (await at.api("GET", "/events?types=task.created")).body
  expect(none.items).toEqual([])
  expect((await at.api("GET", `/events?after=${none.position}`)).body.items).toEqual([])
})

test("what later parts of the contract bring is not there: 404 route_not_found; another method of a known path is 405", async () => {
  const id = general
  const absent: [string, string][] = [
    ["POST", "/me/two-factor"],
    ["PUT", "/me/two-factor/confirmation"],
    ["POST", "/user-imports"],
    ["GET", "/teams"],
    ["POST", "/teams"],
    ["GET", "/skills"],
    ["POST", "/roles"],
    ["PATCH", `/roles/${id}`],
    ["GET", "/routing-map"],
    ["GET", "/routing-tests"],
    ["POST", "/routing-tests/runs"],
    ["GET", `/chat-apps/${id}/volume-control`],
    ["POST", `/chat-apps/${id}/page-checks`],
    ["GET", "/mail-domains"],
    ["GET", `/customers/${id}/suggestions`],
    ["POST", `/customers/${id}/merges`],
    ["PUT", `/customers/${id}/dedicated-agents`],
    ["POST", `/customers/${id}/lookups`],
    ["POST", `/customers/${id}/exports`],
    ["GET", "/tasks"],
    ["POST", "/tasks"],
    ["DELETE", "/agents/me/after-call-work"],
    ["GET", "/calls"],
    ["POST", "/sandbox/calls"],
    ["POST", "/sandbox/social-accounts"],
    ["GET", "/social-accounts"],
    ["POST", "/number-orders"],
    ["POST", "/voice-setups"],
    ["GET", "/ivrs"],
    ["GET", "/rules"],
    ["GET", "/webhooks"],
    ["GET", "/board"],
    ["GET", "/configuration"],
    ["GET", "/nothing"],
  ]
  for (const [method, path] of absent) {
    expect(await at.jordan(method, path, method === "GET" || method === "DELETE" ? undefined : {}), path).toMatchObject(
      {
        status: 404,
        body: { code: "route_not_found", type: "/docs/problems#route_not_found", instance: `/api${path}` },
      },
    )
  }
  const wrong = await at.api("DELETE", "/inboxes")
  expect(wrong).toMatchObject({ status: 405, body: { code: "method_not_allowed" } })
  expect(wrong.headers.get("allow")).toMatch(/GET, POST/)
})

test("a POST answers 201 with Location and the thing that stands there; its key replays it", async () => {
  const posts: [string, object][] = [
    ["/inboxes", { name: "Returns" }],
    ["/mailboxes", { address: "returns@retale.com" }],
    ["/chat-apps", { name: "returns" }],
    ["/customers", { name: "Tom", addresses: [{ kind: "phone", value: "(415) 555-0177" }] }],
    ["/topics", { name: "Refund" }],
    ["/away-reasons", { name: "Lunch", kind: "away" }],
  ]
  for (const [path, body] of posts) {
    const key = { "idempotency-key": `key-of${path}` }
    const made = await at.api("POST", path, body, key)
    expect(made.status, path).toBe(201)
    const location = made.headers.get("location") ?? ""
    expect(location, path).toBe(`/api${path}/${made.body.id}`)
    const read = await at.api("GET", location.slice(4))
    if (read.status !== 405 && read.body.code !== "route_not_found") expect(read.body, path).toEqual(made.body)
    const again = await at.api("POST", path, body, key)
    expect(
      [again.status, again.body, again.headers.get("location"), again.headers.get("idempotency-replayed")],
      path,
    ).toEqual([201, made.body, location, "true"])
    expect((await at.api("POST", path, { ...body, name: "Else" }, key)).body.code, path).toMatch(
      /idempotency_key_reused|unknown_field/,
    )
  }
})

test("lists go on by a cursor that belongs to its filter, stable while things are added", async () => {
  for (let i = 0; i < 5; i++) await at.mail(entryPointId, `list-${i}@example.com`)
  const first = await at.api("GET", "/conversations?limit=2&sort=-createdAt")
  expect(first.headers.get("link")).toMatch(/^<\/api\/conversations\?.*cursor=.*>; rel="next"$/)
  await at.mail(entryPointId, "list-late@example.com")
  const seen: string[] = first.body.items.map((one: { id: string }) => one.id)
  for (let cursor = first.body.nextCursor; cursor !== null; ) {
    const page = (await at.api("GET", `/conversations?limit=2&sort=-createdAt&cursor=${encodeURIComponent(cursor)}`))
      .body
    seen.push(...page.items.map((one: { id: string }) => one.id))
    cursor = page.nextCursor
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.length).toBeGreaterThanOrEqual(6)
  expect(
    await at.api("GET", `/conversations?limit=2&status=new&cursor=${encodeURIComponent(first.body.nextCursor)}`),
  ).toMatchObject({ status: 400, body: { code: "cursor_invalid" } })
})

test("times have milliseconds and Z; nothing is absent that is empty", async () => {
  const sent = await at.mail(entryPointId, "shapes@example.com")
  const conversation = await at.conversation(sent.conversationId)
  for (const key of ["createdAt", "updatedAt", "dueAt"])
    expect(conversation[key]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const has = (value: object, names: string) => {
    for (const name of names.split(" ")) expect(value, name).toHaveProperty(name)
  }
  has(
    conversation,
    "id customer status inboxId assignment dueAt topics contact queueItem closure noReplyNeeded unread lastItem test createdAt updatedAt version",
  )
  has(
    conversation.contact,
    "id conversationId channel entryPoint direction inboxId dueAt slaSeconds slaSource state status fulfilledBy endReason finalIvrSelection startedAt queuedAt fulfilledAt endedAt",
  )
  has(conversation.contact.entryPoint, "id channel kind address displayName")
  has(conversation.queueItem, "id contactId conversationId inboxId group position dueAt waitingSince priorityPoints")
  const message = (await at.api("GET", `/messages/${sent.messageId}`)).body
  has(
    message,
    "id conversationId contactId channel direction entryPoint author text html subject to cc bcc envelopeFrom fromHeader authentication attachments externalId inReplyToId kind delivery replyWindowEndsAt sentAt receivedAt test",
  )
  const entryPoint = (await at.api("GET", `/entry-points/${entryPointId}`)).body
  has(entryPoint, "id channel kind address displayName section status resolution warnings createdAt createdBy")
  expect(entryPoint).not.toHaveProperty("orgId")
  const customer = (await at.api("GET", `/customers/${sent.customerId}`)).body
  has(customer, "id name addresses attributes dedicated optOuts externalCustomerId language mergedIntoId version")
  has(
    await at.section("voice"),
    "section channel inUse defaultInboxId defaultSlaMinutesText defaultSlaSeconds effectiveSla exceptions entryPoints warnings updatedAt updatedBy version",
  )
  has((await at.jordan("GET", "/me")).body, "user organization roles actions availability status channelGroups version")
  has(
    (await at.jordan("GET", "/agents/me")).body,
    "id name status awayReasonId availableFor focusedAt paused load capacity waiting afterCallWorkEndsAt notBefore",
  )
})
