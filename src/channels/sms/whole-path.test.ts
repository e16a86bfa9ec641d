import { afterAll, beforeAll, expect, test } from "vitest"
import { testServer, type TestServer } from "../../../test/server.ts"

let server: TestServer
let inboxId = ""
let sms: { phoneNumberId: string; entryPointId: string }
let ana: Awaited<ReturnType<TestServer["person"]>>
const ours = "+14155551243"
const maya = "+14155550100"
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

beforeAll(async () => {
  server = await testServer()
  inboxId = (await server.api("POST", "/inboxes", { name: "Texts", slaMinutesText: "60" })).body.id
  ana = await server.person({ name: "Ana", email: "ana@retale.com", roles: ["agent"], inboxIds: [inboxId] })
})
afterAll(() => server.close())

const inUse = async () => (await server.api("GET", "/channel-routings/sms")).body.inUse
const available = () => ana.api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })

test("S1 S7 S13 a channel is in use while a number takes text messages, and agents can be available for it only then", async () => {
  expect(await inUse()).toBe(false)
  const early = await available()
  expect([early.status, early.body.code]).toEqual([409, "channel_group_not_configured"])
  const [account] = (await server.api("GET", "/carrier-accounts")).body.items
  const number = await server.api("POST", "/phone-numbers", { carrierAccountId: account.id, e164: ours })
  expect(number.status).toBe(201)
  expect(await inUse()).toBe(false)
  const activated = await server.api("PUT", `/phone-numbers/${number.body.id}/sms-activation`)
  expect(activated.body).toMatchObject({
    section: "sms",
    address: ours,
    status: "active",
    resolution: { inboxId, slaSeconds: 3_600, slaSource: "inbox" },
  })
  sms = { phoneNumberId: number.body.id, entryPointId: activated.body.id }
  expect(await inUse()).toBe(true)
})

test("S2 S36 a text reaches the agent of the number's Inbox, the answer the customer's phone, and its state the agent", async () => {
  expect((await available()).status).toBe(200)
  const inbound = await server.api("POST", "/sandbox/messages", {
    to: { channel: "sms", address: ours },
    from: { kind: "phone", value: maya, name: "Maya Chen" },
    text: "Where is my order?",
    attachments: [{ name: "shoe.png", type: "image/png", base64: png }],
  })
  expect(inbound.body).toMatchObject({ arrived: true, duplicate: false, resolution: { inboxId } })
  const { conversationId } = inbound.body
  const [offer] = (await ana.api("GET", "/offers?status=pending")).body.items
  expect(offer).toMatchObject({ conversationId, channel: "sms", inboxId, agentId: ana.id })
  expect((await ana.api("PUT", `/offers/${offer.id}/acceptance`)).status).toBe(200)
  const conversation = await ana.api("GET", `/conversations/${conversationId}`)
  expect(conversation.body).toMatchObject({ id: conversationId, inboxId, test: true, assignment: { agentId: ana.id } })
  const timeline = await ana.api("GET", `/conversations/${conversationId}/timeline`)
  const [shown] = timeline.body.items.flatMap((item: { message?: object }) => (item.message ? [item.message] : []))
  expect(shown).toMatchObject({ text: "Where is my order?", channel: "sms", attachments: [{ type: "image/png" }] })
  const answered = await ana.api("POST", `/conversations/${conversationId}/messages`, {
    channel: "sms",
    text: "On its way.",
  })
  expect(answered.status).toBe(201)
  const [far] = (await server.api("GET", `/sandbox/deliveries?address=${encodeURIComponent(maya)}&wait=10`)).body.items
  expect(far).toMatchObject({ messageId: answered.body.id, channel: "sms", from: ours, to: maya, text: "On its way." })
  let delivery = null
  for (let n = 0; n < 100 && delivery?.status !== "delivered"; n++) {
    delivery = (await ana.api("GET", `/messages/${answered.body.id}`)).body.delivery
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(delivery).toMatchObject({ status: "delivered", attempts: 1 })
})

test("after STOP sending is refused until START", async () => {
  const write = (text: string) =>
    server.api("POST", "/sandbox/messages", { entryPointId: sms.entryPointId, from: { value: maya }, text })
  const { conversationId } = (await write("STOP")).body
  const refused = await ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "Sorry" })
  expect([refused.status, refused.body.code]).toEqual([409, "opted_out"])
  await write("START")
  expect(
    (await ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "sms", text: "Welcome back" }))
      .status,
  ).toBe(201)
})
