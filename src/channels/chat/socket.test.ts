import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import { ask, type ChatWorld, chatWorld, hello, visit } from "./test-rig.ts"

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
  expect(page.frames[0]).toMatchObject({ type: "welcome", seq: 0, resumed: false, more: false, status: "idle", open: true, agent: null })
  const accepted = await page.write("Where is my parcel?")
  expect(accepted).toMatchObject({ type: "accepted", seq: 1 })
  const message = await server.api("GET", `/messages/${accepted.id}`)
  expect(message.body).toMatchObject({ channel: "chat", direction: "inbound", text: "Where is my parcel?", test: false })
  const conversation = await server.api("GET", `/conversations/${message.body.conversationId}`)
  expect(conversation.body).toMatchObject({ inboxId: world.inboxId, status: "new" })
  expect(conversation.body.contact).toMatchObject({ channel: "chat", entryPoint: { id: world.entryPointId } })
  const answer = await world.ana.api("POST", `/conversations/${message.body.conversationId}/messages`, { channel: "chat", text: "It left today." })
  expect(answer.status).toBe(201)
  const told = await page.next((frame) => frame.type === "message" && frame.from === "agent")
  expect(told).toMatchObject({ seq: 2, from: "agent", agentName: "Ana", text: "It left today." })
  page.close()
})
