import { afterAll, beforeAll, expect, test } from "vitest"
import { type App, startApp } from "../../app.ts"
import { type TestServer, testServer } from "../../../test/server.ts"
import { type ChatWorld, chatWorld, hello, visit } from "./test-rig.ts"

let server: TestServer
let world: ChatWorld
let app: App

beforeAll(async () => {
  server = await testServer()
  app = server.app
  world = await chatWorld(server)
})
afterAll(async () => {
  if (app !== server.app) await app.stop()
  await server?.close().catch(() => undefined)
})

test("reliability 25 a page that was offline while the server restarted gets and gives everything once, in order", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const first = await page.write("before")
  const { conversationId } = (await server.api("GET", `/messages/${first.id}`)).body
  // What the page writes from now on reaches nobody; one was even taken without the page hearing of it.
  const kept = ["while offline 1", "while offline 2", "while offline 3"].map((text) => ({
    text,
    clientId: crypto.randomUUID(),
  }))
  const unheard = kept[0] ?? { text: "", clientId: "" }
  await page.next((frame) => frame.type === "message" && frame.seq === 1)
  page.send({ type: "message", ...unheard })
  page.socket.terminate()
  await expect
    .poll(async () => (await server.api("GET", `/conversations/${conversationId}/timeline`)).body.items.length, {
      timeout: 8_000,
    })
    .toBeGreaterThan(1)

  const say = (text: string) =>
    world.ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text })
  expect((await say("answer 1")).status).toBe(201)
  expect((await say("answer 2")).status).toBe(201)
  const { config } = app.ground
  await app.stop()
  app = await startApp(config)
  await server.api("POST", "/sandbox/clock/advances", { seconds: 600 })
  expect((await say("answer 3")).status).toBe(201)

  const back = await hello(url, world.appId, visitorToken, 1)
  expect(back.frames[0]).toMatchObject({ type: "welcome", resumed: true })
  for (const { text, clientId } of kept) expect((await back.write(text, clientId)).type).toBe("accepted")
  await expect.poll(() => back.items().length, { timeout: 8_000 }).toBe(6)
  const items = back.items()
  expect(items.map((item) => item.seq)).toEqual([2, 3, 4, 5, 6, 7])
  expect(items.filter((item) => item.from === "agent").map((item) => item.text)).toEqual([
    "answer 1",
    "answer 2",
    "answer 3",
  ])
  expect(items.filter((item) => item.from === "visitor").map((item) => item.text)).toEqual(kept.map((one) => one.text))
  expect(items[0].text).toBe("while offline 1")
  const timeline = (await server.api("GET", `/conversations/${conversationId}/timeline?limit=100`)).body.items as {
    kind: string
  }[]
  expect(timeline.filter((item) => item.kind === "message")).toHaveLength(7)
  back.close()
})

test("a restart says goodbye, and a crash between commit and number loses nothing", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const page = await hello(url, world.appId, visitorToken)
  const { id } = await page.write("numbered")
  // As a crash right after intake's commit leaves it: the message is there, its number is not.
  const { db } = app.ground.database
  await db.transaction().execute(async (trx) => {
    const item = await trx
      .selectFrom("visitorItems")
      .select("visitorId")
      .where("messageId", "=", id)
      .executeTakeFirstOrThrow()
    await trx.updateTable("visitors").set({ lastSeq: 0 }).where("id", "=", item.visitorId).execute()
    await trx.deleteFrom("visitorItems").where("messageId", "=", id).execute()
  })
  const { config } = app.ground
  await app.stop()
  expect(await page.next((frame) => frame.type === "goodbye")).toMatchObject({
    reason: "restart",
    reconnectAfterMs: expect.any(Number),
  })
  expect(await page.closeCode()).toBe(1012)
  app = await startApp(config)
  const back = await hello(url, world.appId, visitorToken)
  expect(back.frames[0]).toMatchObject({ seq: 1 })
  expect(await back.next((frame) => frame.type === "message")).toMatchObject({ seq: 1, id, text: "numbered" })
  back.close()
})
