import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import {
  addApp,
  ask,
  type ChatWorld,
  chatWorld,
  type Frame,
  hello,
  open,
  type Page,
  site,
  visit,
  workOn,
} from "./test-rig.ts"

let server: TestServer
let world: ChatWorld

beforeAll(async () => {
  server = await testServer()
  world = await chatWorld(server)
})
afterAll(() => server?.close())

test("S6 S56 S57 S84 a chat app receives as soon as it is embedded: a message from its page is a conversation in the default Inbox, answered on the page", async () => {
  const { url } = server
  const boot = await ask(url, "GET", `/apps/${world.appId}`)
  expect(boot.body).toMatchObject({ appId: world.appId, open: true, accepting: true, protocol: 1 })
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  expect(page.frames[0]).toMatchObject({
    type: "welcome",
    seq: 0,
    resumed: false,
    more: false,
    status: "idle",
    open: true,
    agent: null,
  })
  const accepted = await page.write("Where is my parcel?")
  expect(accepted).toMatchObject({ type: "accepted", seq: 1 })
  const message = await server.api("GET", `/messages/${accepted.id}`)
  expect(message.body).toMatchObject({
    channel: "chat",
    direction: "inbound",
    text: "Where is my parcel?",
    test: false,
  })
  const conversation = await server.api("GET", `/conversations/${message.body.conversationId}`)
  expect(conversation.body).toMatchObject({ inboxId: world.inboxId, status: "new" })
  expect(conversation.body.contact).toMatchObject({ channel: "chat", entryPoint: { id: world.entryPointId } })
  const answer = await world.ana.api("POST", `/conversations/${message.body.conversationId}/messages`, {
    channel: "chat",
    text: "It left today.",
  })
  expect(answer.status).toBe(201)
  const told = await page.next((frame) => frame.type === "message" && frame.from === "agent")
  expect(told).toMatchObject({ seq: 2, from: "agent", agentName: "Ana", text: "It left today." })
  page.close()
})

test("reliability 5 what the database did not give to the page is on it as soon as the database does", async () => {
  const { url } = server
  const { db } = server.app.ground.database
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const accepted = await page.write("Are you there?")
  const { conversationId } = (await server.api("GET", `/messages/${accepted.id}`)).body
  const path = `/conversations/${conversationId}`
  expect((await world.ana.api("POST", `${path}/messages`, { channel: "chat", text: "Yes." })).status).toBe(201)
  // Whoever waits is looked after all the time; this one is served.
  await page.next((frame) => frame.type === "state" && frame.status === "connected")
  await sql`ALTER TABLE visitor_items RENAME TO items_away`.execute(db)
  try {
    expect((await world.ana.api("PUT", `${path}/closure`, {})).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(page.frames.at(-1)).not.toMatchObject({ type: "state", status: "ended" })
  } finally {
    await sql`ALTER TABLE items_away RENAME TO visitor_items`.execute(db)
  }
  await page.next((frame) => frame.type === "state" && frame.status === "ended", 4_000)
  page.close()
})

test("the same clientId is the same message and the same number, for ever; numbers have no gaps and a page resumes by them", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const clientId = crypto.randomUUID()
  const first = await page.write("one", clientId)
  page.frames.length = 0
  const again = await page.write("one, said again", clientId)
  expect(again).toMatchObject({ type: "accepted", seq: first.seq, id: first.id })
  for (const text of ["two", "three", "four"]) await page.write(text)
  page.close()
  const back = await hello(url, world.appId, visitorToken, 1)
  expect(back.frames[0]).toMatchObject({
    type: "welcome",
    seq: 4,
    resumed: true,
    status: "waiting",
    queuePosition: expect.any(Number),
  })
  await back.next((frame) => frame.type === "message" && frame.seq === 4)
  expect(back.items().map((item) => [item.seq, item.text])).toEqual([
    [2, "two"],
    [3, "three"],
    [4, "four"],
  ])
  const all = await hello(url, world.appId, visitorToken, 0)
  await all.next((frame) => frame.type === "message" && frame.seq === 4)
  expect(all.items().map((item) => item.seq)).toEqual([1, 2, 3, 4])
  back.close()
  all.close()
})

test("an answer is sent, delivered when a page took it, read when the page says so; typing and reading are told both ways", async () => {
  const { url } = server
  const { ana } = world
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const accepted = await page.write("Are you there?")
  const { conversationId } = (await server.api("GET", `/messages/${accepted.id}`)).body
  const live = await workOn(server, ana)
  const told: Frame[] = []
  live.on("message", (bytes) => told.push(JSON.parse(String(bytes))))
  live.send(JSON.stringify({ type: "subscribe", ref: "1", streams: [`conversation:${conversationId}`] }))
  await expect.poll(() => told, { timeout: 8_000 }).toContainEqual(expect.objectContaining({ type: "done", ref: "1" }))

  live.send(JSON.stringify({ type: "typing", conversationId, channel: "chat", on: true }))
  expect(await page.next((frame) => frame.type === "typing")).toMatchObject({ on: true, agentName: "Ana" })
  page.send({ type: "typing", on: true })
  await expect
    .poll(() => told.find((frame) => frame.type === "typing" && frame.person.type === "customer"), { timeout: 8_000 })
    .toMatchObject({ conversationId, on: true })
  const upToPosition = (await ana.api("GET", `/conversations/${conversationId}/timeline`)).body.items[0].position
  expect((await ana.api("PUT", `/conversations/${conversationId}/read-mark`, { upToPosition })).status).toBe(200)
  expect(await page.next((frame) => frame.type === "read")).toMatchObject({ seq: 1 })

  const answer = await ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text: "Yes." })
  const item = await page.next((frame) => frame.type === "message" && frame.from === "agent")
  await expect
    .poll(async () => (await server.api("GET", `/messages/${answer.body.id}`)).body.delivery.status, { timeout: 8_000 })
    .toBe("delivered")
  page.send({ type: "read", seq: item.seq })
  await expect
    .poll(async () => (await server.api("GET", `/messages/${answer.body.id}`)).body.delivery.status, { timeout: 8_000 })
    .toBe("read")
  expect(await page.next((frame) => frame.type === "state" && frame.status === "connected")).toMatchObject({
    agent: { name: "Ana" },
  })
  await ana.api("PUT", "/agents/me/availability", { availableFor: [] })
  page.close()
  live.close()
})

test("files go both ways within the limit, and only by signed addresses", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  )
  const upload = (token: string, bytes: Uint8Array<ArrayBuffer>, name = "../../../receipt.png") => {
    const body = new FormData()
    body.append("file", new Blob([bytes], { type: "image/png" }), name)
    return ask(url, "POST", `/apps/${world.appId}/attachments`, { body, token })
  }
  expect((await upload("x".repeat(43), new Uint8Array(png))).status).toBe(401)
  expect(await upload(visitorToken, new Uint8Array(10_485_761))).toMatchObject({
    status: 413,
    body: { code: "too_large" },
  })
  const { attachmentId } = (await upload(visitorToken, new Uint8Array(png))).body
  const accepted = await page.write("", crypto.randomUUID(), [attachmentId])
  expect(accepted.type).toBe("accepted")
  const item = await page.next((frame) => frame.type === "message" && frame.seq === accepted.seq)
  expect(item.attachments).toEqual([
    {
      name: expect.stringMatching(/^[^/\\]*receipt\.png$/),
      type: "image/png",
      url: expect.stringContaining("/widget/apps/"),
    },
  ])
  const file = await fetch(item.attachments[0].url)
  expect([
    file.status,
    file.headers.get("content-disposition")?.split(";")[0],
    file.headers.get("x-content-type-options"),
  ]).toEqual([200, "attachment", "nosniff"])
  expect((await fetch(item.attachments[0].url.replace(/signature=..../, "signature=AAAA"))).status).toBe(404)
  // Another one's upload, and one that was used, are not there to be sent.
  expect(await page.write("", crypto.randomUUID(), [attachmentId])).toMatchObject({
    type: "refused",
    code: "attachment_missing",
  })
  const stranger = await hello(url, world.appId, (await visit(url, world.appId)).visitorToken)
  const other = (await upload(visitorToken, new Uint8Array(png))).body.attachmentId
  expect(await stranger.write("mine", crypto.randomUUID(), [other])).toMatchObject({
    type: "refused",
    code: "attachment_missing",
  })
  page.close()
  stranger.close()
})

test("the customer ends: unanswered it is abandoned and closed, answered it stays with the agent; a copy goes by mail", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const { conversationId } = (await server.api("GET", `/messages/${(await page.write("Never mind.")).id}`)).body
  page.send({ type: "end", transcriptTo: "maya@example.com" })
  await page.next((frame) => frame.type === "state" && frame.status === "ended")
  const abandoned = (await server.api("GET", `/conversations/${conversationId}`)).body
  expect(abandoned).toMatchObject({
    status: "closed",
    queueItem: null,
    contact: { state: "ended", endReason: "customer_abandoned", status: "abandoned" },
  })
  const copy = await server.api("GET", "/sandbox/deliveries?address=maya@example.com&wait=5")
  expect(copy.body.items[0].text).toContain("You: Never mind.")

  await page.write("One thing more.")
  page.frames.length = 0
  await world.ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text: "Tell me." })
  await page.next((frame) => frame.type === "message" && frame.from === "agent")
  page.send({ type: "end" })
  await page.next((frame) => frame.type === "state" && frame.status === "ended")
  const answered = (await server.api("GET", `/conversations/${conversationId}`)).body
  expect(answered).toMatchObject({ status: "waiting", contact: { state: "ended", status: "answered" } })
  page.close()
})

test("out of hours a new chat is refused and the text kept; one that was begun goes on", async () => {
  const { url } = server
  const openNow = { start: "00:00", stop: "24:00" }
  const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const
  const hours = (ranges: object[]) => ({
    timeZone: "America/New_York",
    ...Object.fromEntries(days.map((day) => [day, ranges])),
  })
  const app = await addApp(server, "hours", {
    hours: hours([openNow]),
    afterHoursText: "<p>Back <b>Monday</b>.<script>alert(1)</script></p>",
  })
  const begun = await hello(url, app.appId, (await visit(url, app.appId)).visitorToken)
  expect((await begun.write("Before closing")).type).toBe("accepted")
  const read = await server.api("GET", `/chat-apps/${app.chatAppId}`)
  expect(read.body).toMatchObject({ open: true, afterHoursText: "<p>Back <b>Monday</b>.</p>" })
  await server.api(
    "PATCH",
    `/chat-apps/${app.chatAppId}`,
    { hours: hours([]) },
    { "if-match": read.headers.get("etag") ?? "" },
  )
  await begun.next((frame) => frame.type === "state" && frame.open === false)
  expect((await ask(url, "GET", `/apps/${app.appId}`)).body).toMatchObject({
    open: false,
    closedText: "<p>Back <b>Monday</b>.</p>",
  })
  const late = await hello(url, app.appId, (await visit(url, app.appId)).visitorToken)
  expect(late.frames[0]).toMatchObject({ type: "welcome", open: false })
  expect(await late.write("Too late")).toMatchObject({ type: "refused", code: "closed" })
  expect((await begun.write("Still there?")).type).toBe("accepted")
  begun.close()
  late.close()
})

test("reliability 43 what is no frame of the protocol closes the socket with its code; a foreign page gets none", async () => {
  const { url } = server
  const listed = await addApp(server, "listed", { allowedOrigins: [site] })
  await expect(open(url, listed.appId, { origin: "https://evil.example" })).rejects.toThrow("403")
  await expect(open(url, listed.appId, { origin: null })).rejects.toThrow("403")
  await expect(open(url, "nosuchapp", {})).rejects.toThrow("404")
  await expect(open(url, "%00", {})).rejects.toThrow("404")
  expect((await ask(url, "GET", "/apps/%00")).status).toBe(404)
  expect((await ask(url, "GET", `/apps/${listed.appId}`, { origin: "https://evil.example" })).body.code).toBe(
    "origin_not_allowed",
  )
  expect(
    (await ask(url, "GET", `/apps/${listed.appId}`, { origin: server.app.ground.config.sandboxOrigin })).status,
  ).toBe(200)
  const allowed = await ask(url, "GET", `/apps/${listed.appId}`)
  expect([
    allowed.status,
    allowed.headers.get("access-control-allow-origin"),
    allowed.headers.get("access-control-allow-credentials"),
  ]).toEqual([200, site, null])

  const { visitorToken } = await visit(url, world.appId)
  const codeAfter = async (act: (page: Page) => void, greeted = true) => {
    const page = greeted ? await hello(url, world.appId, visitorToken) : await open(url, world.appId)
    act(page)
    return page.closeCode()
  }
  expect(await codeAfter((page) => page.socket.send("{no json"))).toBe(1003)
  expect(await codeAfter((page) => page.send({ type: "subscribe", streams: ["all"] }))).toBe(1003)
  expect(await codeAfter((page) => page.socket.send(Buffer.from([1, 2, 3])))).toBe(1003)
  expect(
    await codeAfter((page) => page.send({ type: "message", clientId: crypto.randomUUID(), text: "x".repeat(70_000) })),
  ).toBe(1009)
  expect(await codeAfter((page) => page.socket.send(Buffer.from([0xc3, 0x28]), { binary: false }))).toBe(1007)
  expect(
    await codeAfter(
      (page) => page.send({ type: "message", clientId: crypto.randomUUID(), text: "first hello" }),
      false,
    ),
  ).toBe(1008)
  expect(await codeAfter((page) => page.send({ type: "hello", visitorToken: "guessed", lastSeq: 0 }), false)).toBe(4001)
  expect(await codeAfter(() => undefined, false)).toBe(4002)
  // An app shows no page with an address: it is greeted all the same.
  const inApp = await open(url, world.appId)
  inApp.send({ type: "hello", visitorToken, page: { url: null, title: "Cart" } })
  expect(await inApp.next((frame) => frame.type === "welcome")).toMatchObject({ status: "idle" })
  inApp.close()
  const page = await hello(url, world.appId, visitorToken)
  expect(await page.write("x".repeat(5_001))).toMatchObject({ type: "refused", code: "too_large" })
  page.send({ type: "message", clientId: crypto.randomUUID(), text: "unknown fields are ignored", colour: "red" })
  await page.next((frame) => frame.type === "accepted")
  page.close()
}, 60_000)

test("a token that is taken back ends its sockets, another process's too within the next look, and opens nothing", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  expect((await ask(url, "DELETE", `/apps/${world.appId}/visitors/me`, { token: visitorToken })).status).toBe(204)
  expect(await page.next((frame) => frame.type === "goodbye")).toMatchObject({ reason: "token_invalid" })
  expect(await page.closeCode()).toBe(4001)
  expect((await ask(url, "DELETE", `/apps/${world.appId}/visitors/me`, { token: visitorToken })).status).toBe(401)
})

test("while nobody is there to take it, the visitor is told so and may leave an address, which proves nothing", async () => {
  const { url } = server
  const app = await addApp(server, "nobody")
  const page = await hello(url, app.appId, (await visit(url, app.appId)).visitorToken)
  const accepted = await page.write("Anyone?")
  expect(await page.next((frame) => frame.type === "state" && frame.status === "waiting")).toMatchObject({
    served: false,
    agent: null,
  })
  page.send({ type: "profile", name: "Maya Chen", email: "Maya@Example.com" })
  const { conversationId } = (await server.api("GET", `/messages/${accepted.id}`)).body
  const { customer } = (await server.api("GET", `/conversations/${conversationId}`)).body
  await expect.poll(async () => (await server.api("GET", `/customers/${customer.id}`)).body.name).toBe("Maya Chen")
  const shown = (await server.api("GET", `/customers/${customer.id}`)).body
  expect(JSON.stringify(shown)).toContain("maya@example.com")
  expect(
    shown.addresses.filter((one: { kind: string; verified?: boolean; verifiedAt?: string }) => one.kind === "email"),
  ).not.toContainEqual(expect.objectContaining({ verified: true }))
  page.close()
})

test("reliability 44 who says that he is the sandbox's page is believed only while the company has the sandbox", async () => {
  const { url } = server
  const origin = server.app.ground.config.sandboxOrigin
  const listed = await addApp(server, "listed-too", { allowedOrigins: [site] })
  const tested = async () => {
    const { visitorToken } = await visit(url, world.appId)
    const page = await open(url, world.appId, { origin })
    page.send({ type: "hello", visitorToken, lastSeq: 0 })
    const { id } = await page.write("I say that I am a test")
    page.close()
    return (await server.api("GET", `/messages/${id}`)).body.test
  }
  const sandbox = (sandboxEnabled: boolean) =>
    server.api("PATCH", "/organization", { sandboxEnabled }, { "if-match": "*" })
  expect(await tested()).toBe(true)
  expect((await sandbox(false)).status).toBe(200)
  try {
    expect((await ask(url, "GET", `/apps/${listed.appId}`, { origin })).status).toBe(403)
    expect(await tested()).toBe(false)
  } finally {
    expect((await sandbox(true)).status).toBe(200)
  }
})
