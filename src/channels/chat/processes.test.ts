import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import { type App, startApp } from "../../app.ts"
import { addApp, ask, type ChatWorld, chatWorld, hello, visit } from "./test-rig.ts"

let server: TestServer
let second: App
let world: ChatWorld
let dataDir: string

beforeAll(async () => {
  server = await testServer()
  world = await chatWorld(server)
  dataDir = await mkdtemp(join(tmpdir(), "switchboard-second-"))
  const { config } = server.app.ground
  second = await startApp({ ...config, dataDir, port: 0, smtpPort: 0, sandboxPort: 0 })
})
afterAll(async () => {
  await second?.stop()
  await server?.close()
  await rm(dataDir, { recursive: true, force: true })
})

test("two processes of one database: pages of one visitor on either, the answer given to the first, each screen whole and in order", async () => {
  const { visitorToken } = await visit(server.url, world.appId)
  const here = await hello(server.url, world.appId, visitorToken)
  const there = await hello(second.url, world.appId, visitorToken)
  const { id } = await there.write("written on the second")
  await there.write("and more")
  const { conversationId } = (await server.api("GET", `/messages/${id}`)).body
  await world.ana.api("POST", `/conversations/${conversationId}/messages`, {
    channel: "chat",
    text: "answered on the first",
  })
  await there.next((frame) => frame.text === "answered on the first")
  expect(there.items().map((item) => [item.seq, item.text])).toEqual([
    [1, "written on the second"],
    [2, "and more"],
    [3, "answered on the first"],
  ])
  // This page did not know its customer yet: it learns at its next look at the latest.
  const again = await hello(server.url, world.appId, visitorToken)
  await again.next((frame) => frame.text === "answered on the first")
  expect(again.items().map((item) => item.seq)).toEqual([1, 2, 3])
  for (const page of [here, there, again]) page.close()
})

test("hours are the server's: pages hear of closing without asking, and a chat app says when it opens", async () => {
  const workday = [{ start: "09:00", stop: "17:00" }]
  const hours = {
    timeZone: "UTC",
    monday: workday,
    tuesday: workday,
    wednesday: workday,
    thursday: workday,
    friday: workday,
    saturday: workday,
    sunday: workday,
  }
  const app = await addApp(server, "workdays", { hours })
  const now = Date.parse((await server.api("GET", "/sandbox/clock")).body.now)
  const day = 86_400_000
  const noon = Math.ceil(now / day) * day + 12 * 3_600_000
  await server.api("POST", "/sandbox/clock/advances", { seconds: Math.round((noon - now) / 1000) })
  const page = await hello(server.url, app.appId, (await visit(server.url, app.appId)).visitorToken)
  expect(page.frames[0]).toMatchObject({ type: "welcome", open: true })
  const boot = (await ask(server.url, "GET", `/apps/${app.appId}`)).body
  expect(boot).toMatchObject({ open: true, nextChangeAt: new Date(noon + 5 * 3_600_000).toISOString() })
  await server.api("POST", "/sandbox/clock/advances", { seconds: 6 * 3_600 })
  expect(await page.next((frame) => frame.type === "state" && frame.open === false, 10_000)).toBeTruthy()
  expect(await page.write("too late")).toMatchObject({ type: "refused", code: "closed" })
  const read = (await server.api("GET", `/chat-apps/${app.chatAppId}`)).body
  expect(read).toMatchObject({ open: false, nextChangeAt: new Date(noon + 21 * 3_600_000).toISOString() })
  expect(read.installation).toMatchObject({ origin: "https://shop.example", seenAt: expect.any(String) })
  page.close()
})
