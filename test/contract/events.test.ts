import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "./office.ts"

/** The events of api.md 5, by its examples: `data` always has the ids that stand there. */

let at: Office
// biome-ignore lint/suspicious/noExplicitAny: as the API answers
let byType: Map<string, any[]>

beforeAll(async () => {
  at = await office()
  const inboxId = await at.inbox("General Support", "60")
  const other = await at.inbox("Billing", "30")
  const ana = await at.agent("Ana", [inboxId, other])
  const { entryPointId: mail } = await at.mailbox("help@retale.com")
  const { entryPointId: sms } = await at.number("+14155550190")
  await at.save("sms", inboxId, [{ entryPointId: sms, inboxId, slaMinutesText: "0.66" }])
  await ana.api("PUT", "/agents/me/availability", { availableFor: ["messaging", "mail"] })
  const text = await at.text(sms, "+14155550991")
  const offered = (await ana.api("GET", "/offers?status=pending")).body.items[0]
  await ana.api("PUT", `/offers/${offered.id}/decline`)
  await at.advance(61)
  const again = (await ana.api("GET", "/offers?status=pending")).body.items[0]
  await ana.api("PUT", `/offers/${again.id}/acceptance`)
  await ana.api("POST", `/conversations/${text.conversationId}/messages`, { channel: "sms", text: "Hello" })
  await ana.api("POST", `/conversations/${text.conversationId}/notes`, { text: "Nice", mentionUserIds: [] })
  const topic = (await at.api("POST", "/topics", { name: "Refund" })).body.id
  await ana.api("PUT", `/conversations/${text.conversationId}/topics`, { topicIds: [topic] })
  await at.jordan("PUT", `/conversations/${text.conversationId}/assignment`, { inboxId: other })
  await ana.api("PUT", `/conversations/${text.conversationId}/closure`)
  await at.text(sms, "+14155550991", "STOP")
  await at.text(sms, "+14155550991", "START")
  await at.mail(mail, "maya@example.com")
  await ana.api("PUT", "/agents/me/focus")
  await ana.api("DELETE", "/agents/me/focus")
  await ana.api("PUT", "/agents/me/status", { status: "away" })
  await ana.api("PUT", "/agents/me/status", { status: "logged_in" })
  await ana.api("PUT", "/agents/me/status", { status: "logged_out" })
  await at.api("GET", "/events?types=message.delivery_updated&wait=5")
  byType = Map.groupBy((await at.api("GET", "/events?limit=1000")).body.items, (one: { type: string }) => one.type)
})
afterAll(() => at.server.close())

test("every event has its place in a row without gaps, an id, an instant, who did it, and its data", async () => {
  const { items, position, oldestPosition } = (await at.api("GET", "/events?limit=1000")).body
  expect(items.map((one: { position: number }) => one.position)).toEqual(
    items.map((_: unknown, index: number) => oldestPosition + index),
  )
  expect(position).toBe(items.at(-1).position)
  for (const one of items) {
    expect(Object.keys(one).sort()).toEqual(["actor", "at", "data", "id", "position", "requestId", "type"])
    expect(one.at).toMatch(/Z$/)
    expect(["user", "api_key", "system", "rule", "customer"]).toContain(one.actor.type)
  }
})

test.each([
  [
    "contact.started",
    "contactId conversationId customerId channel entryPoint inboxId slaSeconds slaSource dueAt finalIvrSelection agentId test",
  ],
  ["contact.queued", "contactId inboxId fromInboxId position dueAt reason"],
  ["contact.transferred", "contactId inboxId fromInboxId position dueAt reason"],
  ["contact.offered", "offerId contactId agentId matchReasons"],
  ["contact.offer_rejected", "offerId contactId agentId reason"],
  ["contact.offer_accepted", "offerId contactId agentId"],
  ["contact.message_received", "contactId messageId channel text author"],
  ["contact.message_sent", "contactId messageId channel text author"],
  ["contact.fulfilled", "contactId fulfilledBy beforeDue"],
  ["contact.ended", "contactId endReason status"],
  ["conversation.created", "conversationId"],
  ["conversation.closed", "conversationId from to by"],
  ["conversation.reopened", "conversationId"],
  ["conversation_assignee.updated", "conversationId agentId fromAgentId inboxId reason decisionId"],
  ["conversation_inbox.updated", "conversationId inboxId reason"],
  ["conversation_topics.updated", "conversationId"],
  ["conversation_due.updated", "conversationId"],
  ["conversation_status.updated", "conversationId from to"],
  ["message.delivery_updated", "messageId status failure"],
  ["note.added", "conversationId noteId"],
  ["agent_availability.updated", "agentId availableFor"],
  ["agent_status.logged_in", "agentId"],
  ["agent_status.went_away", "agentId reasonId cause"],
  ["agent_status.returned_from_away", "agentId"],
  ["agent_status.logged_out", "agentId"],
  ["agent_focus.entered", "agentId"],
  ["agent_focus.exited", "agentId"],
  ["customer.created", "customerId"],
  ["opt_out.added", "customerAddress phoneNumberId"],
  ["opt_out.removed", "customerAddress phoneNumberId"],
  ["entry_point.created", "entryPoint resolution"],
  ["channel_routing.updated", "section version before after"],
  ["phone_number.added", "phoneNumberId"],
  ["inbox.added", "before after"],
])("%s says %s", (type, names) => {
  const [one] = byType.get(type) ?? []
  expect(one, `no ${type} among ${[...byType.keys()].join(" ")}`).toBeDefined()
  for (const name of names.split(" ")) expect(one.data, name).toHaveProperty(name)
})

test("contact.started as in the example; an entry point's birth comes with its resolution", () => {
  expect(byType.get("contact.started")?.[0].data).toMatchObject({
    channel: "sms",
    entryPoint: { id: expect.any(String), kind: "phone", address: "+14155550190" },
    slaSeconds: 40,
    slaSource: "exception",
    finalIvrSelection: null,
    agentId: null,
    test: true,
  })
  expect(byType.get("entry_point.created")?.[0].data).toMatchObject({
    entryPoint: { kind: "email", address: "help@retale.com" },
    resolution: { inboxName: "General Support", inboxSource: "default" },
  })
  expect(byType.get("contact.transferred")?.[0].data.contactId).toEqual(expect.any(String))
  expect(byType.get("contact.offer_rejected")?.[0].data.reason).toBe("declined")
  expect(byType.get("contact.message_received")?.[0].data).toMatchObject({
    text: "Hi",
    author: { type: "customer", id: expect.any(String) },
  })
  expect(byType.get("channel_routing.updated")?.[0].data.section).toBe("sms")
})
