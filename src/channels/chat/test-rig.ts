import WebSocket from "ws"
import { newId } from "../../ids.ts"
import type { Api, TestServer } from "../../../test/server.ts"

// biome-ignore lint/suspicious/noExplicitAny: tests read what the contract says is there
export type Frame = any

/** A browser's side of the socket: everything that it was told, and a way to wait for more. */
export class Page {
  readonly frames: Frame[] = []
  closed: number | null = null
  readonly socket: WebSocket
  readonly #waiting = new Set<() => void>()

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on("message", (bytes) => {
      this.frames.push(JSON.parse(String(bytes)))
      this.#wake()
    })
    socket.on("close", (code) => {
      this.closed = code
      this.#wake()
    })
    socket.on("error", () => undefined)
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The first frame that fits, now or within the time. */
  async next(fits: (frame: Frame) => boolean, timeoutMs = 8_000): Promise<Frame> {
    return this.#until(() => this.frames.find(fits), timeoutMs)
  }

  async write(text: string, clientId = crypto.randomUUID(), attachmentIds: string[] = []): Promise<Frame> {
    this.send({ type: "message", clientId, text, attachmentIds })
    return this.next((frame) => (frame.type === "accepted" || frame.type === "refused") && frame.clientId === clientId)
  }

  async closeCode(): Promise<number> {
    return this.#until(() => this.closed ?? undefined, 15_000)
  }

  items(): Frame[] {
    return this.frames.filter((frame) => frame.type === "message")
  }

  close(): void {
    this.socket.close()
  }

  async #until<T>(read: () => T | undefined, timeoutMs: number): Promise<T> {
    const endsAt = performance.now() + timeoutMs
    for (;;) {
      const found = read()
      if (found !== undefined) return found
      const leftMs = endsAt - performance.now()
      if (leftMs <= 0)
        throw new Error(`not told; frames: ${JSON.stringify(this.frames.slice(-8))}, closed ${this.closed}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #wake(): void {
    for (const one of this.#waiting) one()
    this.#waiting.clear()
  }
}

export const site = "https://shop.example"

export type Visiting = { visitorId: string; visitorToken: string; endsAt: string }

/** What a page of a customer's site does over HTTP. */
export async function ask(
  url: string,
  method: string,
  path: string,
  options: { body?: unknown; origin?: string | null; token?: string } = {},
): Promise<{ status: number; headers: Headers; body: Frame }> {
  const { body, origin = site, token } = options
  const answer = await fetch(`${url}/widget${path}`, {
    method,
    headers: {
      ...(origin !== null && { origin }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && !(body instanceof FormData) && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text.startsWith("{") ? JSON.parse(text) : text }
}

export async function visit(url: string, appId: string, identity?: object): Promise<Visiting> {
  const made = await ask(url, "POST", `/apps/${appId}/visitors`, { body: identity ? { identity } : {} })
  if (made.status !== 201) throw new Error(`no visitor: ${JSON.stringify(made.body)}`)
  return made.body
}

export async function open(
  url: string,
  appId: string,
  options: { origin?: string | null; protocol?: string } = {},
): Promise<Page> {
  const { origin = site, protocol = "switchboard.widget.v1" } = options
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/widget/apps/${appId}/socket`, protocol, {
    ...(origin !== null && { origin }),
  })
  const page = new Page(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  return page
}

/** Opens and says hello. */
export async function hello(url: string, appId: string, visitorToken: string, lastSeq = 0): Promise<Page> {
  const page = await open(url, appId)
  page.send({
    type: "hello",
    visitorToken,
    lastSeq,
    page: { url: `${site}/cart`, title: "Cart", referrer: "" },
    locale: "en",
    timeZone: "Europe/Paris",
  })
  await page.next((frame) => frame.type === "welcome" || frame.type === "goodbye")
  return page
}

export type ChatWorld = {
  inboxId: string
  appId: string
  chatAppId: string
  entryPointId: string
  ana: { id: string; api: Api; cookie: string }
}

/** Chat Support as the section's default, one chat app, and Ana who takes chats. */
export async function chatWorld(server: TestServer, name = `retale.com-${newId().slice(-6)}`): Promise<ChatWorld> {
  const ana = await server.person({
    name: "Ana Alvarez",
    email: `ana-${newId().slice(-6)}@retale.com`,
    roles: ["agent"],
  })
  const inboxId = await inbox(server, `Chat Support ${newId().slice(-6)}`, [ana.id])
  await route(server, { defaultInboxId: inboxId })
  const app = await addApp(server, name)
  return { inboxId, ana, ...app }
}

export async function inbox(server: TestServer, name: string, agentIds: string[]): Promise<string> {
  const made = await server.api("POST", "/inboxes", { name, slaMinutesText: "60", agentIds })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return made.body.id
}

export async function addApp(
  server: TestServer,
  name: string,
  settings: object = {},
): Promise<{ appId: string; chatAppId: string; entryPointId: string }> {
  const made = await server.api("POST", "/chat-apps", { name, ...settings })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return { appId: made.body.appId, chatAppId: made.body.id, entryPointId: made.body.entryPointId }
}

/** Saves the section Chat as a whole. */
export async function route(
  server: TestServer,
  section: { defaultInboxId: string; exceptions?: { entryPointId: string; inboxId: string }[] },
) {
  const before = await server.api("GET", "/channel-routings/chat")
  const saved = await server.api(
    "PUT",
    "/channel-routings/chat",
    {
      defaultInboxId: section.defaultInboxId,
      defaultSlaMinutesText: null,
      exceptions: (section.exceptions ?? []).map((one) => ({ ...one, slaMinutesText: null })),
    },
    { "if-match": before.headers.get("etag") ?? "" },
  )
  if (saved.status !== 200) throw new Error(JSON.stringify(saved.body))
}

/** Logs the agent in for chats over a live socket, as a browser does. Answers how to leave. */
export async function workOn(server: TestServer, agent: { api: Api; cookie: string }): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace(/^http/, "ws")}/api/live`, "switchboard.live.v1", {
    origin: server.app.ground.config.publicUrl,
    headers: { cookie: agent.cookie },
  })
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  socket.send(JSON.stringify({ type: "hello", position: null, streams: ["me"] }))
  const answer = await agent.api("PUT", "/agents/me/availability", { availableFor: ["messaging"] })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return socket
}
