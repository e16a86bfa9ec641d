import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import WebSocket from "ws"
import { type Api, testPassword } from "../server.ts"
import { type Office, office, secondsBetween } from "./office.ts"

/** Availability, capacity, offers and pulls (api.md 2.12), each test with an Inbox, entry points and agents of its own. */

let at: Office
let count = 0
let inboxId: string
let mailEntry: string
let smsEntry: string

beforeAll(async () => {
  at = await office()
  await at.inbox("Fallback", "1440")
})
afterAll(() => at.server.close())

beforeEach(async () => {
  count++
  inboxId = await at.inbox(`Inbox ${count}`, "60")
  mailEntry = (await at.mailbox(`box${count}@retale.com`)).entryPointId
  smsEntry = (await at.number(`+1415555${String(2000 + count)}`)).entryPointId
  const fallback = (await at.section("email")).defaultInboxId
  await at.save("email", fallback, [{ entryPointId: mailEntry, inboxId }])
  await at.save("sms", fallback, [{ entryPointId: smsEntry, inboxId }])
})

let people = 0
const agent = () => at.agent(`Agent${++people}`, [inboxId])
const on = async (api: Api, ...availableFor: string[]) => {
  const answer = await api("PUT", "/agents/me/availability", { availableFor })
  expect(answer.status).toBe(200)
  return answer.body
}
const offers = async (api: Api, status = "pending") => (await api("GET", `/offers?status=${status}`)).body.items
let senders = 0
const text = () => at.text(smsEntry, `+1415556${String(1000 + ++senders)}`)
const mail = (more: object = {}) => at.mail(mailEntry, `waiting-${++senders}@example.com`, more)
const why = async (conversationId: string) => (await at.api("GET", `/conversations/${conversationId}/explanation`)).body
const only = (list: unknown[]) => {
  expect(list).toHaveLength(1)
  // biome-ignore lint/suspicious/noExplicitAny: as the API answers
  return list[0] as any
}

test("S8 of two members the available one gets the offer; with nobody available it waits and goes to the first who is", async () => {
  const ana = await agent()
  const ben = await agent()
  await on(ana.api, "messaging")
  const first = await text()
  const offer = only(await offers(ana.api))
  expect(offer).toMatchObject({
    conversationId: first.conversationId,
    channel: "sms",
    inboxId,
    status: "pending",
    agentId: ana.id,
  })
  expect(secondsBetween(offer.offeredAt, offer.endsAt)).toBe(30)
  expect(await offers(ben.api)).toEqual([])
  expect((await why(first.conversationId)).candidates).toEqual(
    expect.arrayContaining([expect.objectContaining({ agentId: ben.id, excludedBy: "logged_out" })]),
  )
  const accepted = await ana.api("PUT", `/offers/${offer.id}/acceptance`)
  expect(accepted).toMatchObject({
    status: 200,
    body: {
      offer: { status: "accepted" },
      conversation: { status: "open", assignment: { agentId: ana.id, reason: "contact_offered" } },
      callId: null,
    },
  })
  expect(await ana.api("PUT", `/offers/${offer.id}/decline`)).toMatchObject({
    status: 409,
    body: { code: "offer_ended", status: "accepted" },
  })
  await on(ana.api)
  const second = await text()
  expect(await at.conversation(second.conversationId)).toMatchObject({
    status: "new",
    assignment: null,
    queueItem: { inboxId, group: "messaging", position: 1 },
  })
  await on(ben.api, "messaging")
  expect(only(await offers(ben.api)).conversationId).toBe(second.conversationId)
})

test("S9 the third is not pushed to an agent with two; it waits, goes to another, or is pulled up to the maximum", async () => {
  const ana = await agent()
  const edited = await at.api(
    "PATCH",
    `/users/${ana.id}`,
    { capacity: { standard: 2, maximum: 3 } },
    { "if-match": "*" },
  )
  expect(edited).toMatchObject({ status: 200, body: { capacity: { standard: 2, maximum: 3 } } })
  await on(ana.api, "messaging")
  for (let i = 0; i < 2; i++) {
    await text()
    await ana.api("PUT", `/offers/${only(await offers(ana.api)).id}/acceptance`)
  }
  const third = await text()
  expect(await offers(ana.api)).toEqual([])
  expect(only((await why(third.conversationId)).candidates)).toMatchObject({
    agentId: ana.id,
    excludedBy: "at_capacity",
  })
  const ben = await agent()
  await on(ben.api, "messaging")
  await ben.api("PUT", `/offers/${only(await offers(ben.api)).id}/acceptance`)
  await on(ben.api)
  const fourth = await text()
  // Next goes to what is one's own and unseen first.
  for (const one of (await ana.api("GET", "/conversations?view=mine")).body.items)
    await ana.api("PUT", `/conversations/${one.id}/read-mark`, { upToPosition: 1_000_000 })
  expect(await ana.api("POST", "/agents/me/pulls", {})).toMatchObject({
    status: 201,
    body: { conversation: { id: fourth.conversationId }, assignment: { agentId: ana.id } },
  })
  await text()
  await ana.api("PUT", `/conversations/${fourth.conversationId}/read-mark`, { upToPosition: 1_000_000 })
  expect(await ana.api("POST", "/agents/me/pulls", {})).toMatchObject({ status: 409, body: { code: "at_capacity" } })
})

test("S7 S10 three groups, each only where it is configured; the counts are of one's own Inboxes", async () => {
  const ana = await agent()
  expect((await ana.api("GET", "/me")).body.channelGroups).toEqual([
    { group: "voice", configured: false },
    { group: "messaging", configured: true },
    { group: "mail", configured: true },
  ])
  expect(await ana.api("PUT", "/agents/me/availability", { availableFor: ["voice", "mail"] })).toMatchObject({
    status: 409,
    body: { code: "channel_group_not_configured", group: "voice" },
  })
  const sent = await mail()
  await text()
  await text()
  expect((await ana.api("GET", "/agents/me/inboxes/counts")).body).toMatchObject({
    voice: { waiting: 0, oldestSeconds: null, earliestDueAt: null },
    messaging: { waiting: 2 },
    mail: { waiting: 1, earliestDueAt: sent.dueAt },
  })
  expect((await ana.api("GET", "/agents/me")).body.waiting).toEqual({ voice: 0, messaging: 2, mail: 1 })
  const stranger = await at.agent("Stranger", [])
  expect((await stranger.api("GET", "/agents/me")).body.waiting).toEqual({ voice: 0, messaging: 0, mail: 0 })
})

test("S20 mail: one on going available, the others by Next, and the credit waits for the first that arrives", async () => {
  const ana = await agent()
  const [first, second] = [await mail(), await mail()]
  expect((await on(ana.api, "mail")).load.mail).toBe(1)
  expect((await at.conversation(first.conversationId)).assignment).toMatchObject({
    agentId: ana.id,
    reason: "automated_assignment",
  })
  expect((await at.conversation(second.conversationId)).assignment).toBeNull()
  expect(only((await why(second.conversationId)).candidates)).toMatchObject({ excludedBy: "mail_by_next" })
  await ana.api("PUT", `/conversations/${first.conversationId}/read-mark`, { upToPosition: 1_000_000 })
  expect((await ana.api("POST", "/agents/me/pulls", {})).body.conversation.id).toBe(second.conversationId)
  await ana.api("PUT", `/conversations/${second.conversationId}/read-mark`, { upToPosition: 1_000_000 })
  expect(await ana.api("POST", "/agents/me/pulls", {})).toMatchObject({
    status: 200,
    body: { conversation: null, explanation: expect.any(Object) },
  })
  const third = await mail()
  expect((await at.conversation(third.conversationId)).assignment).toMatchObject({ agentId: ana.id })
  await on(ana.api)
  expect(await ana.api("POST", "/agents/me/pulls", {})).toMatchObject({ status: expect.any(Number) })
})

test("the earliest due is served first, whenever it came", async () => {
  const ana = await agent()
  const slow = await mail()
  const fallback = (await at.section("email")).defaultInboxId
  await at.save("email", fallback, [{ entryPointId: mailEntry, inboxId, slaMinutesText: "5" }])
  const quick = await mail()
  const { body } = await at.api("GET", `/queue-items?inboxId=${inboxId}`)
  expect(
    body.items.map((one: { conversationId: string; position: number }) => [one.conversationId, one.position]),
  ).toEqual([
    [quick.conversationId, 1],
    [slow.conversationId, 2],
  ])
  await on(ana.api, "mail")
  expect((await at.conversation(quick.conversationId)).assignment).toMatchObject({ agentId: ana.id })
})

test("reliability 22 a declined offer goes back to its place and to another; not again to the same one for 60 s", async () => {
  const ana = await agent()
  await on(ana.api, "messaging")
  const sent = await text()
  const { queueItem } = await at.conversation(sent.conversationId)
  const offer = only(await offers(ana.api))
  const declined = await ana.api("PUT", `/offers/${offer.id}/decline`, { reason: "declined" })
  expect(declined).toMatchObject({ status: 200, body: { status: "declined" } })
  expect((await at.conversation(sent.conversationId)).queueItem).toMatchObject({
    waitingSince: queueItem.waitingSince,
    dueAt: sent.dueAt,
    position: 1,
  })
  expect(await offers(ana.api)).toEqual([])
  expect(only((await why(sent.conversationId)).candidates)).toMatchObject({
    agentId: ana.id,
    excludedBy: "tried_before",
  })
  const ben = await agent()
  await on(ben.api, "messaging")
  expect(only(await offers(ben.api)).conversationId).toBe(sent.conversationId)
  await ben.api("PUT", `/offers/${only(await offers(ben.api)).id}/decline`, { reason: "declined" })
  expect(only(await offers(ana.api)).conversationId).toBe(sent.conversationId)
})

test("reliability 22 an offer that nobody answers is missed after offerSeconds and goes to the next; two misses switch the group off", async () => {
  const ana = await agent()
  await on(ana.api, "messaging")
  const sent = await text()
  const offer = only(await offers(ana.api))
  await at.advance(29)
  expect((await ana.api("GET", `/offers/${offer.id}`)).body.status).toBe("pending")
  await at.advance(2)
  expect((await ana.api("GET", `/offers/${offer.id}`)).body.status).toBe("missed")
  expect(await ana.api("PUT", `/offers/${offer.id}/acceptance`)).toMatchObject({
    status: 409,
    body: { code: "offer_ended", status: "missed" },
  })
  await at.advance(61)
  expect(only(await offers(ana.api)).conversationId).toBe(sent.conversationId)
  await at.advance(31)
  expect((await ana.api("GET", "/agents/me")).body.availableFor).toEqual([])
  expect(await at.conversation(sent.conversationId)).toMatchObject({ status: "new", queueItem: { position: 1 } })
  const rejected = (await at.events("contact.offer_rejected")).filter((one) => one.data.agentId === ana.id)
  expect(rejected.map((one) => one.data.reason)).toEqual(["missed", "missed"])
})

test("offers last as long as the settings say, and none are made where they are switched off", async () => {
  await at.workflow({ messaging: { offerSeconds: 10 } })
  const ana = await agent()
  await on(ana.api, "messaging")
  await text()
  const offer = only(await offers(ana.api))
  expect(secondsBetween(offer.offeredAt, offer.endsAt)).toBe(10)
  await ana.api("PUT", `/offers/${offer.id}/acceptance`)
  await at.workflow({ messaging: { offerSeconds: 30, offerBanner: false } })
  const second = await text()
  expect(await at.conversation(second.conversationId)).toMatchObject({
    status: "open",
    assignment: { agentId: ana.id, reason: "automated_assignment" },
  })
  expect(await offers(ana.api)).toEqual([])
  await at.workflow({ messaging: { offerBanner: true } })
})

test("away, focus, the pause in Settings and a switch off take offers back; nothing goes there meanwhile", async () => {
  const ana = await agent()
  const ways: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      "away",
      () => ana.api("PUT", "/agents/me/status", { status: "away" }),
      () => ana.api("PUT", "/agents/me/status", { status: "logged_in" }),
    ],
    ["focus", () => ana.api("PUT", "/agents/me/focus"), () => ana.api("DELETE", "/agents/me/focus")],
    [
      "in_settings",
      () => ana.api("PUT", "/agents/me/pause", { reason: "settings" }),
      () => ana.api("DELETE", "/agents/me/pause"),
    ],
    ["not_available_for_group", () => on(ana.api, "mail"), () => on(ana.api, "mail", "messaging")],
    [
      "logged_out",
      () => ana.api("PUT", "/agents/me/status", { status: "logged_out" }),
      () => on(ana.api, "mail", "messaging"),
    ],
  ]
  await on(ana.api, "messaging", "mail")
  const sent = await text()
  for (const [reason, stop, resume] of ways) {
    const offer = only(await offers(ana.api))
    await stop()
    expect((await ana.api("GET", `/offers/${offer.id}`)).body.status, reason).toBe("withdrawn")
    expect(only((await why(sent.conversationId)).candidates), reason).toMatchObject({ excludedBy: reason })
    await resume()
    expect(only(await offers(ana.api)), reason).toMatchObject({ conversationId: sent.conversationId })
  }
})

test("S35 who leaves the Inbox loses its offer and keeps what was accepted", async () => {
  const ana = await agent()
  await on(ana.api, "messaging")
  const kept = await text()
  await ana.api("PUT", `/offers/${only(await offers(ana.api)).id}/acceptance`)
  await text()
  const offer = only(await offers(ana.api))
  expect((await at.api("DELETE", `/inboxes/${inboxId}/members/${ana.id}`)).status).toBe(200)
  expect((await ana.api("GET", `/offers/${offer.id}`)).body.status).toBe("withdrawn")
  expect((await at.conversation(kept.conversationId)).assignment).toMatchObject({ agentId: ana.id })
  await text()
  expect(await offers(ana.api)).toEqual([])
})

test("the more urgent tier is served first: a message before mail", async () => {
  const ana = await agent()
  const letter = await mail()
  const message = await text()
  await on(ana.api, "messaging", "mail")
  expect(only(await offers(ana.api)).conversationId).toBe(message.conversationId)
  expect((await at.conversation(letter.conversationId)).assignment).toMatchObject({ agentId: ana.id })
})

test("when nobody is available the Administrator gets one mail once the oldest is overdue", async () => {
  const jordanMails = async () =>
    (await at.api("GET", "/sandbox/deliveries?address=jordan@retale.com")).body.items.filter(
      (one: { subject: string }) => /nobody is available/.test(one.subject),
    )
  for (const one of (await at.api("GET", "/agents")).body.items)
    await at.api("PUT", `/agents/${one.id}/status`, { status: "logged_out" })
  const before = (await jordanMails()).length
  await text()
  await at.advance(3_700)
  await expect.poll(async () => (await jordanMails()).length, { timeout: 5_000 }).toBe(before + 1)
  expect((await jordanMails())[0]).toMatchObject({
    messageId: null,
    channel: "email",
    subject: expect.stringMatching(/^\d+ waits?, nobody is available$/),
  })
  await at.advance(600)
  expect((await jordanMails()).length).toBe(before + 1)
})

test("who signs out of one browser and works on in another stays in; who signs out of the last is out", async () => {
  const name = `Agent${++people}`
  await at.agent(name, [inboxId])
  const signIn = async () => {
    const answer = await at.server.as({})("POST", "/session", {
      email: `${name.toLowerCase()}@retale.com`,
      password: testPassword,
    })
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
    return { cookie, api: at.server.as({ cookie }) }
  }
  const [office, home] = [await signIn(), await signIn()]
  await on(office.api, "messaging")
  const socket = new WebSocket(`${at.server.url.replace("http", "ws")}/api/live`, "switchboard.live.v1", {
    headers: { cookie: office.cookie, origin: at.server.url },
  })
  await new Promise((resolve) => socket.on("open", resolve))
  const welcomed = new Promise((resolve) => socket.once("message", resolve))
  socket.send(JSON.stringify({ type: "hello", position: null, streams: ["me"] }))
  await welcomed
  expect((await home.api("DELETE", "/session")).status).toBe(204)
  expect((await office.api("GET", "/agents/me")).body).toMatchObject({
    status: "logged_in",
    availableFor: ["messaging"],
  })
  const { id } = (await office.api("GET", "/agents/me")).body
  expect((await office.api("DELETE", "/session")).status).toBe(204)
  expect((await at.api("GET", `/agents/${id}`)).body.status).toBe("logged_out")
  socket.close()
})
