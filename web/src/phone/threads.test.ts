import { expect, test } from "vitest"
import type { Delivered } from "./deliveries.ts"
import type { Written } from "./kept.ts"
import { lastEntryPoint, normalAddress, threadsOf } from "./threads.ts"

const delivered = (id: string, to: string, more: Partial<Delivered> = {}): Delivered => ({
  id,
  messageId: "m",
  channel: "sms",
  from: "+14155559812",
  to,
  text: id,
  subject: null,
  attachments: [],
  at: "2026-11-21T10:00:00.000Z",
  ...more,
})
const written = (id: string, address: string, afterId: string, more: Partial<Written> = {}): Written => ({
  id,
  address,
  name: null,
  channel: "sms",
  entryPointId: "e",
  to: "+14155551243",
  subject: null,
  text: id,
  files: [],
  at: "2020-01-01T00:00:00.000Z",
  afterId,
  state: "delivered",
  failure: null,
  conversationId: null,
  inboxName: null,
  ...more,
})

test("one thread per address, lines in the order in which they were seen, the latest thread first", () => {
  const threads = threadsOf(
    [delivered("1", "+13055550177"), delivered("3", "+14165550121"), delivered("5", "+13055550177")],
    [written("a", "+1 (305) 555-0177", "1", { name: "Luis" }), written("b", "+14165550121", "5")],
  )
  expect(threads.map(({ address, lines }) => [address, lines.map(({ item }) => item.id).join(" ")])).toEqual([
    ["+14165550121", "3 b"],
    ["+13055550177", "1 a 5"],
  ])
  expect(threads[1]?.name).toBe("Luis")
})

test("what was written before anything was delivered stands first", () => {
  expect(
    threadsOf([delivered("1", "maya@example.com")], [written("a", "Maya@example.com", "")])[0]?.lines.map(
      ({ item }) => item.id,
    ),
  ).toEqual(["a", "1"])
})

test("mails of Switchboard itself make a colleague, one answer to a customer makes a customer", () => {
  const own = delivered("1", "ana@retale.com", { messageId: null, channel: "email", from: null })
  expect(threadsOf([own], [])[0]?.isColleague).toBe(true)
  expect(threadsOf([own, delivered("2", "ana@retale.com", { channel: "email" })], [])[0]?.isColleague).toBe(false)
})

test("an answer goes to the entry point that was spoken with last", () => {
  const [thread] = threadsOf([delivered("1", "+13055550177")], [written("a", "+13055550177", "")])
  expect(thread && lastEntryPoint(thread)).toEqual({ id: null, address: "+14155559812" })
  expect(normalAddress(" Visitor-1 ")).toBe("visitor-1")
})
