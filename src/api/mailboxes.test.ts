import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../test/server.ts"

let server: TestServer
let general: string
let billing: string

beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.close())

async function addInbox(name: string, slaMinutesText: string): Promise<string> {
  const answer = await server.api("POST", "/inboxes", { name, slaMinutesText })
  expect(answer.status).toBe(201)
  return answer.body.id
}

const add = (address: string, senderName = "Retale") => server.api("POST", "/mailboxes", { address, senderName })

async function write(mailbox: { entryPointId: string }, from: string, more: object = {}) {
  return server.api("POST", "/sandbox/messages", {
    entryPointId: mailbox.entryPointId,
    from: { kind: "email", value: from },
    subject: "Hello",
    text: "Where is it?",
    ...more,
  })
}

async function section() {
  const { body, headers } = await server.api("GET", "/channel-routings/email")
  return { body, etag: headers.get("etag") ?? "" }
}

test("S12 an address cannot be added while no Inbox could receive its mail", async () => {
  const routing = await server.app.ground.store.db
    .selectFrom("organizations")
    .select("fallbackInboxId")
    .where("id", "=", server.orgId)
    .executeTakeFirst()
  if (!routing?.fallbackInboxId) {
    expect(await add("early@retale.com")).toMatchObject({ status: 409, body: { code: "default_inbox_missing" } })
    expect((await server.api("GET", "/mailboxes")).body.items).toEqual([])
  }
  general = await addInbox("General Support Team", "1440")
  billing = await addInbox("Billing", "60")
  const { etag } = await section()
  const saved = await server.api(
    "PUT",
    "/channel-routings/email",
    { defaultInboxId: general, defaultSlaMinutesText: null, exceptions: [] },
    { "if-match": etag },
  )
  expect(saved.status).toBe(200)
})

test("S14 S26 an added address is an entry point of the Email section at once, lower-cased, with its forwarding target", async () => {
  const answer = await add("Support@Retale.com")
  expect(answer).toMatchObject({
    status: 201,
    body: {
      address: "support@retale.com",
      senderName: "Retale",
      inbound: "forwarding",
      forwarding: "waiting",
      forwardingSeenAt: null,
      sends: false,
      version: 1,
    },
  })
  expect(answer.body.forwardingAddress).toMatch(/^in-[a-z0-9]{12}@localhost$/)
  const entryPoint = (await server.api("GET", `/entry-points/${answer.body.entryPointId}`)).body
  expect(entryPoint).toMatchObject({
    section: "email",
    kind: "email",
    address: "support@retale.com",
    mailboxId: answer.body.id,
    status: "active",
    resolution: { inboxId: general },
  })
  expect(entryPoint.warnings).toMatchObject(
    expect.arrayContaining([expect.objectContaining({ code: "waiting_for_forwarding" })]),
  )
  expect((await server.api("GET", `/mailboxes/${answer.body.id}`)).body).toEqual(answer.body)
})

test("an address that exists is taken, whoever has it; a wrong one is named", async () => {
  const taken = await add("SUPPORT@retale.com")
  expect(taken).toMatchObject({ status: 409, body: { code: "address_taken" } })
  for (const address of ["no at", "a@b", '"x@evil y"@ok.com', "a@b.com\r\nBcc: c@d.com", "a b@c.com"]) {
    expect(await add(address)).toMatchObject({ status: 422, body: { errors: [{ pointer: "#/address" }] } })
  }
})

test("S17 S18 S19 S23 three addresses queue in the default; an exception moves one; a fourth takes the default without further action", async () => {
  const boxes = []
  for (const name of ["billing", "returns", "feedback"]) boxes.push((await add(`${name}@retale.com`)).body)
  for (const [index, box] of boxes.entries()) {
    const { status, body } = await write(box, `s18-${index}@example.com`)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      duplicate: false,
      parked: false,
      resolution: { inboxId: general, inboxSource: "default" },
    })
  }
  const { etag } = await section()
  const exceptions = [{ entryPointId: boxes[0].entryPointId, inboxId: billing, slaMinutesText: "0.66" }]
  expect(
    (
      await server.api(
        "PUT",
        "/channel-routings/email",
        { defaultInboxId: general, defaultSlaMinutesText: null, exceptions },
        { "if-match": etag },
      )
    ).status,
  ).toBe(200)
  const inboxes = []
  for (const [index, box] of boxes.entries())
    inboxes.push((await write(box, `s19-${index}@example.com`)).body.resolution.inboxId)
  expect(inboxes).toEqual([billing, general, general])
  const fourth = (await add("fourth@retale.com")).body
  expect((await write(fourth, "s23@example.com")).body.resolution).toMatchObject({
    inboxId: general,
    inboxSource: "default",
  })
})

test("S24 of eight addresses seven without exception stay in the default, and the counter says so", async () => {
  const before = (await section()).body.entryPoints
  const boxes = []
  for (let i = 0; i < 8 - before.total; i++) boxes.push((await add(`s24-${i}@retale.com`)).body)
  const { body } = await section()
  expect(body.entryPoints).toEqual({ total: 8, withoutException: 7 })
  for (const box of boxes)
    expect((await write(box, `${box.address.split("@")[0]}@example.com`)).body.resolution.inboxId).toBe(general)
})

test("S3 S59 mail that is forwarded arrives and ends the waiting; mail that is not makes nothing", async () => {
  const box = (await add("s59@retale.com")).body
  const forwarding = `/sandbox/mail-forwarding/${box.id}`
  expect((await server.api("GET", forwarding)).body).toEqual({ mailboxId: box.id, active: true })
  expect((await server.api("PUT", forwarding, { active: false })).body.active).toBe(false)
  expect(await write(box, "s59@example.com")).toMatchObject({ status: 200, body: { arrived: false } })
  expect((await server.api("GET", `/mailboxes/${box.id}`)).body).toMatchObject({ forwarding: "waiting" })
  expect((await server.api("GET", "/customers?q=s59@example.com")).body.items ?? []).toEqual([])
  await server.api("PUT", forwarding, { active: true })
  const arrived = await write(box, "s59@example.com", { viaForwarding: true })
  expect(arrived).toMatchObject({ status: 201, body: { arrived: true, conversationId: expect.any(String) } })
  expect((await server.api("GET", `/mailboxes/${box.id}`)).body).toMatchObject({
    forwarding: "active",
    forwardingSeenAt: expect.any(String),
  })
})

test("S59 a probe finds its way through forwarding, makes no conversation, and is late where there is none", async () => {
  const box = (await add("probe@retale.com")).body
  const probe = await server.api("POST", `/mailboxes/${box.id}/probes`)
  expect(probe).toMatchObject({ status: 201, body: { status: "sent", receivedAt: null, confirmationMail: null } })
  const read = async (id: string) => (await server.api("GET", `/mailboxes/${box.id}/probes/${id}`)).body
  await expect.poll(async () => (await read(probe.body.id)).status, { timeout: 10_000 }).toBe("received")
  expect((await server.api("GET", `/mailboxes/${box.id}`)).body.forwarding).toBe("active")
  await server.api("PUT", `/sandbox/mail-forwarding/${box.id}`, { active: false })
  const lost = (await server.api("POST", `/mailboxes/${box.id}/probes`)).body
  await server.api("POST", "/sandbox/clock/advances", { seconds: 901 })
  expect((await read(lost.id)).status).toBe("timed_out")
})

test("the same externalId is the same mail; a mail to an address that is not here has no recipient", async () => {
  const box = (await server.api("GET", "/mailboxes")).body.items[0]
  const first = await write(box, "twice@example.com", { externalId: "mail-1" })
  const second = await write(box, "twice@example.com", { externalId: "mail-1" })
  expect(first.body).toMatchObject({ duplicate: false, externalId: "mail-1" })
  expect(second.body).toMatchObject({
    duplicate: true,
    externalId: "mail-1",
    messageId: first.body.messageId,
    conversationId: first.body.conversationId,
  })
  const unknown = await server.api("POST", "/sandbox/messages", {
    to: { channel: "email", address: "nobody@retale.com" },
    from: { kind: "email", value: "a@example.com" },
    text: "?",
  })
  expect(unknown).toMatchObject({ status: 422, body: { errors: [{ code: "unknown_recipient" }] } })
})

test("the sender's name changes under a version; another address is refused", async () => {
  const box = (await server.api("GET", "/mailboxes")).body.items[0]
  expect((await server.api("PATCH", `/mailboxes/${box.id}`, { senderName: "Billing" })).status).toBe(428)
  const changed = await server.api(
    "PATCH",
    `/mailboxes/${box.id}`,
    { senderName: "Billing" },
    { "if-match": `"${box.version}"` },
  )
  expect(changed).toMatchObject({ status: 200, body: { senderName: "Billing", version: box.version + 1 } })
  expect(
    (await server.api("PATCH", `/mailboxes/${box.id}`, { senderName: "Late" }, { "if-match": `"${box.version}"` }))
      .status,
  ).toBe(412)
  expect(
    await server.api("PATCH", `/mailboxes/${box.id}`, { address: "other@retale.com" }, { "if-match": "*" }),
  ).toMatchObject({ status: 422, body: { errors: [{ code: "immutable" }] } })
})

test("a deleted address refuses mail, is free again, and leaves its history", async () => {
  const box = (await add("gone@retale.com")).body
  const { body: written } = await write(box, "history@example.com")
  const deleted = await server.api("PUT", `/mailboxes/${box.id}/deletion`)
  expect(deleted).toMatchObject({ status: 200, body: { deletedAt: expect.any(String) } })
  expect((await server.api("PUT", `/mailboxes/${box.id}/deletion`)).body).toEqual(deleted.body)
  const renamed = await server.api("PATCH", `/mailboxes/${box.id}`, { senderName: "Late" }, { "if-match": "*" })
  expect(renamed).toMatchObject({ status: 404, body: { code: "not_found" } })
  expect((await write(box, "late@example.com")).status).toBe(422)
  expect((await server.api("GET", `/entry-points/${box.entryPointId}`)).body.status).toBe("deleted")
  expect(
    (await server.api("GET", "/mailboxes?limit=200")).body.items.map((one: { id: string }) => one.id),
  ).not.toContain(box.id)
  expect((await server.api("GET", `/messages/${written.messageId}`)).status).toBe(200)
  expect((await add("gone@retale.com")).status).toBe(201)
})
