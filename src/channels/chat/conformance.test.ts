import { afterAll, beforeAll } from "vitest"
import { WebSocketServer } from "ws"
import { createIntake } from "../../intake/intake.ts"
import type { InboundEvent } from "../../intake/inbound-event.ts"
import { createHash } from "node:crypto"
import { type TestServer, testServer } from "../../../test/server.ts"
import type { Channel, OutboundMessage } from "../channel.ts"
import { channelConformance, type ChannelRig, type FarSide } from "../conformance.ts"
import { ChatChannel } from "./adapter.ts"
import { sendChat } from "./outbound.ts"
import { ChatSocket } from "./socket.ts"
import { type ChatWorld, chatWorld, hello, Page, visit } from "./test-rig.ts"
import { findChatApp } from "./live-chat-app.ts"
import WebSocket from "ws"

const answersMax = 8

let server: TestServer
let rig: ChannelRig
let stop: () => Promise<void>

beforeAll(async () => {
  server = await testServer()
  const world = await chatWorld(server)
  const app = await findChatApp(server.app.ground.store.db, { appId: world.appId })
  if (!app) throw new Error("no chat app")
  const { store, bus, clock } = server.app.ground
  const real = createIntake({ store, clock })
  const given: InboundEvent[] = []
  let act: ((event: InboundEvent) => Promise<void>) | null = null
  const chat = new ChatChannel({
    store,
    bus,
    intake: {
      async accept(event) {
        given.push(event)
        await act?.(event)
        return real.accept(event)
      },
    },
    fileLinks: { urlOf: () => "", accepts: () => false },
    unlimited: true,
    updateDelivery: async () => undefined,
    showTyping: () => undefined,
    endContact: async () => undefined,
    sendTranscript: async () => undefined,
    onError: () => undefined,
  })
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  sockets.on("connection", (socket) => new ChatSocket(chat, app, socket, false))
  const { visitorToken } = await visit(server.url, world.appId)
  const answered = await answeredChat(world)
  let reached = 0
  chat.hub.add({
    visitorId: answered.visitorId,
    orgId: server.orgId,
    chatAppId: app.id,
    shows: [],
    wake: () => reached++,
    check() {},
    tick() {},
    typing() {},
    end() {},
  })
  let far: FarSide = "takes"
  const away = {
    ...store,
    get db(): never {
      throw new Error("the store is away")
    },
  }
  const channel: Channel = {
    name: "chat",
    send: (message) =>
      far === "is_busy" || far === "is_away" ? sendChat({ store: away, hub: chat.hub }, message) : chat.send(message),
  }
  rig = {
    channel,
    given,
    setIntake(next) {
      act = next
    },
    async receive(text) {
      const address = sockets.address()
      const page = new Page(
        new WebSocket(`ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`),
      )
      await new Promise((resolve) => page.socket.once("open", resolve))
      page.send({ type: "hello", visitorToken })
      await page.next((frame) => frame.type === "welcome")
      // The same text is the same message.
      const hex = createHash("sha256").update(text).digest("hex")
      const answer = await page.write(
        text,
        `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
      )
      page.close()
      return { acknowledged: answer.type === "accepted" }
    },
    outbound: (changes = {}) => ({ ...answered.next(), ...changes }),
    async setFarSide(state) {
      far = state
      const endsAt = new Date(clock.real().getTime() + (state === "refuses" ? -1_000 : 86_400_000))
      await store.db.updateTable("visitors").set({ endsAt }).where("id", "=", answered.visitorId).execute()
    },
    reached: () => reached,
    inSandbox: async () => 0,
  }
  stop = async () => {
    chat.stop()
    for (const client of sockets.clients) client.terminate()
    await new Promise((resolve) => sockets.close(resolve))
  }
})
afterAll(async () => {
  await stop?.()
  await server?.close()
})

/** A chat with answers in it, as the delivery worker hands them to the channel. */
async function answeredChat(world: ChatWorld): Promise<{ visitorId: string; next(): OutboundMessage }> {
  const made = await visit(server.url, world.appId)
  const page = await hello(server.url, world.appId, made.visitorToken)
  const { id } = await page.write("Hello")
  page.close()
  const { conversationId } = (await server.api("GET", `/messages/${id}`)).body
  const ids: string[] = []
  for (let n = 0; n < answersMax; n++) {
    const answer = await world.ana.api("POST", `/conversations/${conversationId}/messages`, {
      channel: "chat",
      text: `answer ${n}`,
    })
    ids.push(answer.body.id)
  }
  return {
    visitorId: made.visitorId,
    next: () => ({
      orgId: server.orgId,
      deliveryId: crypto.randomUUID(),
      messageId: ids.shift() ?? "",
      conversationId,
      channel: "chat",
      entryPointId: world.entryPointId,
      fromAddress: "",
      to: [made.visitorId],
      cc: [],
      bcc: [],
      subject: null,
      text: "answer",
      html: null,
      files: [],
      references: [],
      authorName: "Ana",
      test: false,
      attempt: 1,
    }),
  }
}

channelConformance("chat", () => rig, {
  "a message of a test conversation never leaves, whatever is configured":
    "its visitor is the sandbox's own page; delivery/worker.ts keeps it for who plays him",
})
