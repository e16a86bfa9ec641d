import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "../contract/office.ts"

/** Ways up: from few rights to many, by what one is allowed to do (reliability 39, 41, 46). */

let at: Office
beforeAll(async () => {
  at = await office()
})
afterAll(() => at?.server.close())

test("reliability 39 a key that a key makes does nothing that the first could not, down the whole line", async () => {
  const make = async (key: string | null, roles: string[]) => {
    const api = key === null ? at.api : at.server.as({ key })
    const made = await api("POST", "/api-keys", { name: roles.join(), roles })
    expect(made.status).toBe(201)
    return String(made.body.key)
  }
  const developer = await make(null, ["developer"])
  const child = await make(developer, ["administrator", "developer", "operator"])
  const grandchild = await make(child, ["administrator", "developer", "operator"])
  for (const key of [child, grandchild]) {
    const api = at.server.as({ key })
    const { actions } = (await api("GET", "/me")).body
    expect(actions).toEqual((await at.server.as({ key: developer })("GET", "/me")).body.actions)
    expect(actions).toContain("apiKey.edit")
    expect(
      (await api("POST", "/invitations", { emails: ["eve@evil.example"], roles: ["administrator"], inboxIds: [] }))
        .status,
    ).toBe(403)
    expect((await api("GET", "/carrier-accounts")).status).toBe(403)
  }
})

test("reliability 39 mails that let a user in are shown to nobody who may not edit users", async () => {
  const { api } = await at.server.person({ name: "Dev", email: "dev@retale.com", roles: ["developer"] })
  await at.server.as({})("POST", "/password-resets", { email: "jordan@retale.com" })
  const seen = (await at.api("GET", "/sandbox/deliveries?wait=10&address=jordan@retale.com")).body.items
  expect(seen[0].text).toContain("#token=")
  expect((await api("GET", "/sandbox/deliveries")).body.items).toEqual([])
  expect((await api("GET", `/sandbox/deliveries/${seen[0].id}`)).status).toBe(404)
})

test("reliability 39 nobody opens a hidden conversation by starting one in an own Inbox", async () => {
  const [hidden, own] = [await at.inbox("Hidden"), await at.inbox("Own")]
  const { entryPointId } = await at.mailbox("hidden@retale.com")
  await at.save("email", hidden, [])
  const { conversationId } = await at.mail(entryPointId, "maya@example.com", { text: "My secret." })
  const { customer } = await at.conversation(conversationId)
  const eve = await at.agent("Eve", [own])
  const refused = { status: 422, body: { errors: [{ pointer: "#/customerId", code: "unknown_reference" }] } }
  for (const start of ["reopen", "new"]) {
    expect(await eve.api("POST", "/conversations", { customerId: customer.id, inboxId: own, start })).toMatchObject(
      refused,
    )
  }
  expect((await at.api("PUT", `/conversations/${conversationId}/closure`, { force: true })).status).toBe(200)
  for (const start of ["reopen", "new"]) {
    expect(await eve.api("POST", "/conversations", { customerId: customer.id, inboxId: own, start })).toMatchObject(
      refused,
    )
  }
  // Once a conversation of hers with the same customer is there, the hidden one still stays closed.
  const mine = await at.api("POST", "/conversations", { customerId: customer.id, inboxId: own, start: "new" })
  expect(mine.status).toBe(201)
  expect((await at.api("PUT", `/conversations/${mine.body.id}/closure`, { force: true })).status).toBe(200)
  const reopened = await eve.api("POST", "/conversations", { customerId: customer.id, inboxId: own, start: "reopen" })
  expect(reopened.status).toBe(201)
  expect(reopened.body.id).toBe(mine.body.id)
  expect((await eve.api("GET", `/conversations/${conversationId}`)).status).toBe(404)
  expect(JSON.stringify((await eve.api("GET", `/customers/${customer.id}/timeline`)).body)).not.toContain("My secret.")
})
