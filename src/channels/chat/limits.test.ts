import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import { ask, type ChatWorld, chatWorld, hello, visit } from "./test-rig.ts"

let server: TestServer
let world: ChatWorld

beforeAll(async () => {
  server = await testServer({ RATE_LIMIT_FACTOR: "1" })
  world = await chatWorld(server)
})
afterAll(() => server?.close())

test("reliability 43 more than 30 frames in 10 s are refused with the text kept, a flood is cut off", async () => {
  const { url } = server
  const page = await hello(url, world.appId, (await visit(url, world.appId)).visitorToken)
  for (let n = 0; n < 29; n++) page.send({ type: "typing", on: true })
  expect(await page.write("too fast")).toMatchObject({ type: "refused", code: "rate_limited", retryAfterSeconds: 10 })
  for (let n = 0; n < 60; n++) page.send({ type: "typing", on: true })
  expect(await page.closeCode()).toBe(4029)
})

test("a visitor has ten sockets: an eleventh takes the place of the first", async () => {
  const { url } = server
  const { visitorToken } = await visit(url, world.appId)
  const pages = []
  for (let n = 0; n < 11; n++) pages.push(await hello(url, world.appId, visitorToken))
  expect(await pages[0]?.next((frame) => frame.type === "goodbye")).toMatchObject({ reason: "superseded" })
  expect(pages[1]?.closed).toBeNull()
  for (const page of pages) page.close()
})

test("30 new visitors a minute come from one address, and the answer says when to come again", async () => {
  const statuses = []
  for (let n = 0; n < 31; n++)
    statuses.push(await ask(server.url, "POST", `/apps/${world.appId}/visitors`, { body: {} }))
  const last = statuses.at(-1)
  expect(last?.status).toBe(429)
  expect(last?.body.code).toBe("rate_limited")
  expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0)
  expect(last?.headers.get("ratelimit-policy")).toBe('"visitor";q=600;w=60')
})
