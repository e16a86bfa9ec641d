import { afterAll, beforeAll, expect, test } from "vitest"
import WebSocket from "ws"
import type { Api } from "../server.ts"
import { testPassword } from "../server.ts"
import { type Office, office } from "./office.ts"

/** A second organization, made by the operator, on the same server (api.md 1, 2.1). */

let at: Office
let operator: Api
let theirs: { api: Api; jordan: Api; userId: string; orgId: string }
let their: Record<string, string> = {}

beforeAll(async () => {
  at = await office()
  operator = at.server.as({ key: "operator-token-of-tests" })
  const made = await operator("POST", "/organizations", {
    name: "Other",
    timeZone: "Europe/Berlin",
    country: "DE",
    administratorEmail: "boss@other.example",
  })
  expect(made).toMatchObject({
    status: 201,
    body: { id: expect.any(String), setupLink: expect.stringMatching(/\/setup#code=/) },
  })
  const code = String(made.body.setupLink).split("#code=")[1]
  const setup = await at.server.as({})("POST", "/setup", {
    code,
    organization: { name: "Other", timeZone: "Europe/Berlin", country: "DE" },
    user: { name: "Boss", email: "boss@other.example", password: testPassword },
  })
  expect(setup).toMatchObject({
    status: 201,
    body: {
      organization: { id: made.body.id, name: "Other" },
      user: { roles: expect.arrayContaining(["administrator"]) },
    },
  })
  const cookie = (setup.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  const jordan = at.server.as({ cookie })
  const key = (await jordan("POST", "/api-keys", { name: "theirs", roles: ["administrator", "developer"] })).body.key
  theirs = { api: at.server.as({ key }), jordan, userId: setup.body.user.id, orgId: made.body.id }
})
afterAll(() => at.server.close())

test("the operator's token reaches organizations and nothing else; nobody else reaches them", async () => {
  expect((await operator("GET", "/organizations")).body.items.map((one: { name: string }) => one.name).sort()).toEqual([
    "Other",
    "Retale",
  ])
  expect((await operator("GET", "/inboxes")).status).toBe(401)
  expect((await at.api("GET", "/organizations")).status).toBe(401)
  expect((await at.server.as({})("GET", "/setup")).body).toEqual({ open: false })
})

test("lists of one show nothing of the other", async () => {
  const general = await at.inbox("General Support")
  const { entryPointId, id: mailboxId } = await at.mailbox("help@retale.com")
  const number = await at.number("+14155550188")
  await at.chatApp("shop")
  const mail = await at.mail(entryPointId, "maya@example.com")
  const topic = (await at.api("POST", "/topics", { name: "Refund" })).body.id
  their = {
    inboxes: general,
    mailboxes: mailboxId,
    "entry-points": entryPointId,
    "phone-numbers": number.id,
    conversations: mail.conversationId,
    messages: mail.messageId,
    customers: mail.customerId,
    users: at.server.userId,
    topics: topic,
  }
  for (const path of [
    "/inboxes",
    "/mailboxes",
    "/entry-points",
    "/chat-apps",
    "/phone-numbers",
    "/customers",
    "/conversations",
    "/queue-items",
    "/topics",
    "/sandbox/deliveries",
    "/opt-outs",
    "/inbound-events",
    "/entry-points/overview",
  ]) {
    expect((await theirs.api("GET", path)).body.items, path).toEqual([])
  }
  expect((await theirs.api("GET", "/users")).body.items.map((one: { id: string }) => one.id)).toEqual([theirs.userId])
  expect((await theirs.api("GET", "/agents")).body.items.map((one: { id: string }) => one.id)).toEqual([theirs.userId])
  expect((await theirs.api("GET", "/customers?q=maya")).body.items).toEqual([])
  const told = JSON.stringify([
    (await theirs.api("GET", "/events?limit=1000")).body.items,
    (await theirs.api("GET", "/audit-entries?limit=200")).body.items,
  ])
  for (const secret of [at.server.orgId, general, "maya@example.com", "help@retale.com"])
    expect(told).not.toContain(secret)
})

test("another's id answers byte for byte as a missing one", async () => {
  const missing = "01900000-0000-7000-8000-000000000000"
  const bare = (body: Record<string, unknown>) => JSON.stringify({ ...body, requestId: "", instance: "" })
  const tries = (id: (name: string) => string): [string, string, unknown?][] => [
    ...Object.keys(their)
      .filter((name) => name !== "topics")
      .map((name): [string, string] => ["GET", `/${name}/${id(name)}`]),
    ["GET", `/conversations/${id("conversations")}/timeline`],
    ["GET", `/conversations/${id("conversations")}/explanation`],
    ["GET", `/messages/${id("messages")}/source`],
    ["GET", `/entry-points/${id("entry-points")}/resolution`],
    ["GET", `/inboxes/${id("inboxes")}/members`],
    ["PATCH", `/topics/${id("topics")}`, { name: "Mine" }],
    ["PATCH", `/inboxes/${id("inboxes")}`, { name: "Mine" }],
    ["PUT", `/inboxes/${id("inboxes")}/members/${theirs.userId}`],
    ["PUT", `/users/${id("users")}/deactivation`],
    ["PUT", `/mailboxes/${id("mailboxes")}/deletion`],
    ["PUT", `/agents/${id("users")}/availability`, { availableFor: [] }],
    ["POST", `/conversations/${id("conversations")}/messages`, { channel: "email", text: "Hi" }],
    ["PUT", `/conversations/${id("conversations")}/closure`, { force: true }],
    ["PUT", `/conversations/${id("conversations")}/assignment`, { agentId: null }],
  ]
  const real = tries((name) => their[name] ?? missing)
  const none = tries(() => missing)
  for (const [index, [method, path, body]] of real.entries()) {
    const theirsAnswer = await theirs.api(method, path, body, { "if-match": "*" })
    const noneAnswer = await theirs.api(method, none[index]?.[1] ?? "", body, { "if-match": "*" })
    expect(theirsAnswer.status, `${method} ${path}`).toBe(404)
    expect(bare(theirsAnswer.body), `${method} ${path}`).toBe(bare(noneAnswer.body))
  }
})

test("references to the other's things are unknown references; addresses are taken, never whose", async () => {
  const inbox = (await theirs.api("POST", "/inboxes", { name: "General Support" })).body.id
  const missing = "01900000-0000-7000-8000-000000000000"
  for (const id of [their.inboxes, missing]) {
    const refused = await theirs.api(
      "PUT",
      "/channel-routings/email",
      {
        defaultInboxId: id,
        defaultSlaMinutesText: null,
        exceptions: [{ entryPointId: their["entry-points"], inboxId: inbox, slaMinutesText: null }],
      },
      { "if-match": "*" },
    )
    expect(refused).toMatchObject({
      status: 422,
      body: {
        errors: [
          { pointer: "#/defaultInboxId", code: "unknown_reference" },
          { pointer: "#/exceptions/0/entryPointId", code: "unknown_reference" },
        ],
      },
    })
  }
  const taken = await theirs.api("POST", "/mailboxes", { address: "help@retale.com" })
  expect(taken).toMatchObject({ status: 409, body: { code: "address_taken" } })
  expect(JSON.stringify(taken.body)).not.toMatch(new RegExp(`${their.mailboxes}|${at.server.orgId}`))
  expect(
    await theirs.api("POST", "/sandbox/messages", {
      entryPointId: their["entry-points"],
      from: { kind: "email", value: "x@example.com" },
      text: "?",
    }),
  ).toMatchObject({ status: 422 })
  const invited = await theirs.jordan("POST", "/invitations", {
    emails: ["jordan@retale.com"],
    roles: ["agent"],
    inboxIds: [],
  })
  expect(invited.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(invited.body)).not.toContain(at.server.userId)
})

test("the same customer address is another customer; a socket hears only its own", async () => {
  const { entryPointId } = (await theirs.api("POST", "/mailboxes", { address: "help@other.example" })).body
  const socket = new WebSocket(`${at.server.url.replace("http", "ws")}/api/live`, "switchboard.live.v1", {
    headers: { authorization: `Bearer ${await keyOf(theirs.jordan)}` },
  })
  const frames: { type: string; data?: { conversationId?: string } }[] = []
  socket.on("message", (bytes) => frames.push(JSON.parse(String(bytes))))
  await new Promise((resolve) => socket.on("open", resolve))
  socket.send(JSON.stringify({ type: "hello", position: null, streams: ["all"] }))
  await expect.poll(() => frames.some((one) => one.type === "welcome"), { timeout: 5_000 }).toBe(true)
  const foreign = await at.mail(their["entry-points"] ?? "", "lena@example.com")
  const own = await theirs.api("POST", "/sandbox/messages", {
    entryPointId,
    from: { kind: "email", value: "lena@example.com" },
    subject: "Hi",
    text: "Hello",
  })
  expect(own.status).toBe(201)
  expect(own.body.customerId).not.toBe(foreign.customerId)
  await expect
    .poll(() => frames.some((one) => one.data?.conversationId === own.body.conversationId), { timeout: 5_000 })
    .toBe(true)
  expect(JSON.stringify(frames)).not.toContain(foreign.conversationId)
  socket.close()
})

test("the second organization goes with its name typed again; the first stays", async () => {
  expect((await operator("DELETE", `/organizations/${theirs.orgId}`, { name: "other" })).status).toBeGreaterThanOrEqual(
    400,
  )
  expect((await operator("DELETE", `/organizations/${theirs.orgId}`, { name: "Other" })).status).toBe(204)
  expect((await theirs.api("GET", "/me")).status).toBe(401)
  expect((await at.api("GET", `/conversations/${their.conversations}`)).status).toBe(200)
})

async function keyOf(api: Api): Promise<string> {
  return (await api("POST", "/api-keys", { name: "socket", roles: ["administrator", "developer"] })).body.key
}
