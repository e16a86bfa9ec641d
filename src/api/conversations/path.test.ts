import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"

let server: TestServer

beforeAll(async () => {
  server = await testServer()
}, 120_000)

afterAll(() => server?.close())

test("S3 S66 from the set-up to a routed mail, answered at the customer (api.md 8.1)", async () => {
  const { api, as, cookie, userId } = server
  const desk = as({ cookie })
  const inbox = async (name: string, slaMinutesText: string) =>
    (await api("POST", "/inboxes", { name, slaMinutesText, agentIds: [userId] })).body.id
  const generalId = await inbox("General Support", "1440")
  const billingId = await inbox("Billing", "60")
  const mailbox = await api("POST", "/mailboxes", { address: "Billing@Retale.com", senderName: "Retale" })
  expect(mailbox.status, JSON.stringify(mailbox.body)).toBe(201)
  const entryPointId = mailbox.body.entryPointId
  const section = await api("GET", "/channel-routings/email")
  const saved = await api(
    "PUT",
    "/channel-routings/email",
    {
      defaultInboxId: generalId,
      defaultSlaMinutesText: null,
      exceptions: [{ entryPointId, inboxId: billingId, slaMinutesText: "0.66" }],
    },
    { "if-match": section.headers.get("etag") ?? "" },
  )
  expect(saved.status, JSON.stringify(saved.body)).toBe(200)
  expect((await desk("PUT", "/agents/me/availability", { availableFor: ["mail"] })).status).toBe(200)
  const message = await api("POST", "/sandbox/messages", {
    entryPointId,
    from: { kind: "email", value: "maya@example.com", name: "Maya Chen" },
    subject: "Invoice 7",
    text: "Why twice?",
  })
  expect(message.status, JSON.stringify(message.body)).toBe(201)
  const { conversationId } = message.body
  const conversation = (await desk("GET", `/conversations/${conversationId}`)).body
  expect(conversation).toMatchObject({
    status: "open",
    inboxId: billingId,
    customer: { name: "Maya Chen" },
    assignment: { agentId: userId, reason: "automated_assignment" },
    test: true,
  })
  expect(conversation.contact).toMatchObject({ slaSeconds: 40, slaSource: "exception", dueAt: conversation.dueAt })
  const sent = await desk("POST", `/conversations/${conversationId}/messages`, { channel: "email", text: "Refunded." })
  expect(sent.status, JSON.stringify(sent.body)).toBe(201)
  const got = await api("GET", "/sandbox/deliveries?address=maya@example.com&wait=5")
  expect(got.body.items).toMatchObject([
    {
      messageId: sent.body.id,
      channel: "email",
      to: "maya@example.com",
      subject: "Re: Invoice 7",
      text: expect.stringContaining("Refunded."),
    },
  ])
  expect(Object.keys(got.body.items[0].headers).map((name) => name.toLowerCase())).toEqual(
    expect.arrayContaining(["message-id", "in-reply-to", "references"]),
  )
  const source = await desk("GET", `/messages/${message.body.messageId}/source`)
  expect(source.headers.get("content-type")).toContain("message/rfc822")
  expect(String(source.body)).toContain("Invoice 7")
  expect((await desk("GET", `/conversations/${conversationId}`)).body).toMatchObject({ status: "waiting", dueAt: null })
  const again = await api("POST", "/sandbox/messages", {
    entryPointId,
    from: { kind: "email", value: "maya@example.com" },
    subject: "Re: Invoice 7",
    text: "Thanks",
  })
  expect(again.body.conversationId).toBe(conversationId)
  expect((await desk("GET", "/conversations?view=mine")).body.items).toMatchObject([
    { id: conversationId, unread: true, status: "open" },
  ])
})
