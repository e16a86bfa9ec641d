import type { WebSocket } from "ws"
import { chance } from "../../ids.ts"
import type { StoredFile } from "../../intake/inbound-event.ts"
import type { ChatChannel } from "./adapter.ts"
import { drained } from "./drained.ts"
import { attachmentsMax, ClientFrame, closeCodes, textLengthMax } from "./frames.ts"
import { isOpen } from "./hours.ts"
import type { GoodbyeReason, VisitorSocket } from "./hub.ts"
import { readItems } from "./items.ts"
import { type ChatState, idleState, readChatState } from "./state.ts"
import { refreshVisitor, type Visitor } from "./visitors.ts"
import { findChatApp, type LiveChatApp } from "./live-chat-app.ts"

const helloSeconds = 10
const pingMs = 30_000
const silenceMs = 75_000
const framesMax = 30
const framesWindowMs = 10_000
/** Frames that are refused may be this many more before the socket is closed. */
const framesRefusedMax = 30
const pageOfItems = 200
const socketsPerVisitorMax = 10
/** After a look that failed. */
const lookAgainMs = 1_000
/** Pages come back spread over this time; the browser adds its own backoff up to 30 s. */
const restartMsMax = 2_000

/** One open page of a visitor (api.md 3.3). What it shows comes from the database, from its own number on. */
export class ChatSocket implements VisitorSocket {
  visitorId = ""
  readonly orgId: string
  readonly #test: boolean
  #app: LiveChatApp
  readonly #channel: ChatChannel
  readonly #socket: WebSocket
  #visitor: Visitor | null = null
  #sentSeq = 0
  #state: ChatState = idleState
  #saidState = ""
  #agentReadAt: Date | null = null
  #heardAt: number
  #frames: number[] = []
  #refused = 0
  #queue: Promise<void> = Promise.resolve()
  #looking = false
  #lookAgain = false
  #again: NodeJS.Timeout | undefined
  readonly #timers: NodeJS.Timeout[] = []

  /** `test`: on a page of the sandbox. */
  constructor(channel: ChatChannel, app: LiveChatApp, socket: WebSocket, test: boolean) {
    this.#channel = channel
    this.#app = app
    this.orgId = app.orgId
    this.#test = test
    this.#socket = socket
    this.#heardAt = channel.clock.monotonic()
    this.#timers.push(setTimeout(() => !this.#visitor && socket.close(closeCodes.noHello), helloSeconds * 1000))
    this.#timers.push(setInterval(() => this.#ping(), pingMs))
    socket.on("message", (bytes, isBinary) => this.#receive(bytes as Buffer, isBinary))
    socket.on("pong", () => {
      this.#heardAt = channel.clock.monotonic()
    })
    socket.on("error", () => undefined) // ws closes with 1002, 1007 or 1009 by itself
    socket.on("close", () => this.#close())
  }

  get chatAppId(): string {
    return this.#app.id
  }

  get shows(): readonly (string | null)[] {
    return [this.#visitor?.customerId ?? null, this.#state.conversationId]
  }

  wake(): void {
    this.#lookAgain = true
    if (!this.#looking) void this.#look()
  }

  check(): void {
    void this.#recheck().catch(this.#channel.deps.onError)
  }

  tick(): void {
    if (this.#state.status === "waiting") this.wake()
    else this.#sayState()
  }

  typing(agentName: string, on: boolean): void {
    this.#send({ type: "typing", on, agentName })
  }

  end(reason: GoodbyeReason): void {
    const reconnectAfterMs = reason === "restart" ? Math.round(chance() * restartMsMax) : 0
    this.#send({ type: "goodbye", reason, reconnectAfterMs })
    this.#socket.close(
      reason === "restart" ? closeCodes.restart : reason === "token_invalid" ? closeCodes.token : closeCodes.policy,
    )
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.#heardAt = this.#channel.clock.monotonic()
    if (isBinary) return void this.#socket.close(closeCodes.unreadable)
    const read = ClientFrame.safeParse(parsed(bytes))
    if (!read.success) return void this.#socket.close(closeCodes.unreadable)
    const frame = read.data
    if (this.#tooMany(frame)) return
    // One after the other: what was said first is done first.
    this.#queue = this.#queue.then(() => this.#take(frame)).catch((error: unknown) => this.#failed(frame, error))
  }

  async #take(frame: ClientFrame): Promise<void> {
    if (frame.type === "hello") return this.#hello(frame)
    const visitor = this.#visitor
    if (!visitor) return this.#socket.close(closeCodes.policy)
    switch (frame.type) {
      case "message":
        return this.#message(visitor, frame)
      case "profile":
        return this.#channel.saveProfile(visitor, frame)
      case "typing":
        return this.#channel.visitorTyping(visitor, this.#state.conversationId, frame.on)
      case "read":
        return this.#channel.markRead(visitor, frame.seq)
      case "page":
        return this.#channel.savePage(visitor, { url: frame.url, title: frame.title })
      case "end":
        await this.#channel.end(this.#app, visitor, frame.transcriptTo?.includes("@") ? frame.transcriptTo : null)
        return this.wake()
      default:
        frame satisfies never
    }
  }

  async #hello(frame: Extract<ClientFrame, { type: "hello" }>): Promise<void> {
    if (this.#visitor) return
    const visitor = await this.#channel.findVisitor(this.#app, frame.visitorToken)
    if (!visitor) return this.end("token_invalid")
    this.visitorId = visitor.id
    const before = this.#channel.hub.of(visitor.id)
    if (before.length >= socketsPerVisitorMax) before[0]?.end("superseded")
    this.#channel.hub.add(this)
    await this.#channel.changes.watch(visitor.orgId)
    const latest = await this.#channel.number(visitor)
    const lastSeq = frame.lastSeq ?? 0
    this.#sentSeq = Math.min(lastSeq, latest)
    this.#state = await readChatState(this.#channel.db, visitor.orgId, visitor.id)
    const missing = latest - this.#sentSeq
    const shown = this.#shownState()
    this.#saidState = JSON.stringify(shown)
    this.#send({
      type: "welcome",
      seq: latest,
      resumed: lastSeq > 0 && lastSeq <= latest,
      more: missing > pageOfItems,
      now: this.#channel.clock.now(),
      ...shown,
    })
    this.#visitor = visitor
    if (frame.page?.url) await this.#channel.savePage(visitor, { ...frame.page, url: frame.page.url })
    this.wake()
  }

  async #message(visitor: Visitor, frame: Extract<ClientFrame, { type: "message" }>): Promise<void> {
    const refuse = (code: string, detail: string) =>
      this.#send({ type: "refused", clientId: frame.clientId, code, detail })
    const { clientId } = frame
    const text = frame.text ?? ""
    const attachmentIds = frame.attachmentIds ?? []
    if (text.length > textLengthMax) return refuse("too_large", `Use at most ${textLengthMax} characters.`)
    if (attachmentIds.length > attachmentsMax) return refuse("too_large", `Add at most ${attachmentsMax} files.`)
    if (text.trim() === "" && attachmentIds.length === 0)
      return refuse("not_accepting", "Write something, or add a file.")
    const files: StoredFile[] | null = await this.#channel.takeUploads(visitor, clientId, attachmentIds)
    if (!files) return refuse("attachment_missing", "A file was not uploaded, or was used already. Add it again.")
    const accepted = await this.#channel.take(this.#app, visitor, { clientId, text, files }, { test: this.#test })
    if (!accepted.ok)
      return refuse(
        accepted.code === "closed" ? "closed" : "not_accepting",
        accepted.code === "closed"
          ? "Chat is closed now."
          : "The message could not be taken. It is kept for us to look at.",
      )
    await this.#channel.dropUploads(visitor, attachmentIds)
    this.#send({ type: "accepted", clientId: frame.clientId, seq: accepted.seq, id: accepted.id, at: accepted.at })
    for (const visitorId of accepted.visitorIds) this.#channel.hub.wake(visitorId)
  }

  #failed(frame: ClientFrame, error: unknown): void {
    this.#channel.deps.onError(error)
    if (frame.type === "message")
      this.#send({
        type: "refused",
        clientId: frame.clientId,
        code: "not_accepting",
        detail: "Not taken just now. Try again.",
        retryAfterSeconds: 2,
      })
    else if (frame.type === "hello") this.#socket.close(closeCodes.restart)
  }

  /** Sends what is new, in order, until nothing is. */
  async #look(): Promise<void> {
    const visitor = this.#visitor
    if (!visitor) return
    this.#looking = true
    try {
      while (this.#lookAgain && this.#socket.readyState === this.#socket.OPEN) {
        this.#lookAgain = false
        await this.#sendItems(visitor)
        await this.#sendState(visitor)
      }
    } catch (error) {
      // What was not shown is looked for again: nobody else would wake it for what is committed already.
      this.#channel.deps.onError(error)
      this.#later(() => this.wake(), lookAgainMs)
    } finally {
      this.#looking = false
    }
  }

  #later(act: () => void, ms: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    clearTimeout(this.#again)
    this.#again = setTimeout(act, ms)
  }

  async #sendItems(visitor: Visitor): Promise<void> {
    await this.#channel.number(visitor)
    for (;;) {
      const items = await readItems(this.#channel.db, visitor.orgId, visitor.id, this.#sentSeq, pageOfItems)
      for (const { attachments, clientId, undelivered: _, ...item } of items) {
        const files = attachments.map((file) => ({
          name: file.name,
          type: file.type,
          url: this.#channel.fileUrl(this.#app, visitor, file.id),
        }))
        this.#send({ type: "message", ...item, attachments: files, ...(clientId && { clientId }) })
        this.#sentSeq = item.seq
      }
      await this.#channel.markDelivered(visitor, items)
      if (items.length < pageOfItems) return
      await drained(this.#socket)
      if (this.#socket.readyState !== this.#socket.OPEN) return
    }
  }

  async #sendState(visitor: Visitor): Promise<void> {
    this.#state = await readChatState(this.#channel.db, visitor.orgId, visitor.id)
    this.#sayState()
    const { agentReadAt, agentReadSeq } = this.#state
    if (agentReadAt === null || agentReadSeq === 0 || agentReadAt.getTime() === this.#agentReadAt?.getTime()) return
    this.#agentReadAt = agentReadAt
    this.#send({ type: "read", seq: agentReadSeq, at: agentReadAt })
  }

  /** Only what is new of it. */
  #sayState(): void {
    if (!this.#visitor) return
    const now = this.#shownState()
    const said = JSON.stringify(now)
    if (said === this.#saidState) return
    this.#saidState = said
    this.#send({ type: "state", ...now })
  }

  #shownState() {
    const { status, estimatedWaitSeconds, queuePosition, agent, served } = this.#state
    return {
      status,
      open: isOpen(this.#app.settings.hours, this.#channel.clock.now()).open,
      estimatedWaitSeconds,
      queuePosition,
      agent,
      served,
    }
  }

  async #recheck(): Promise<void> {
    const visitor = this.#visitor
    if (!visitor) return
    const app = await findChatApp(this.#channel.db, { appId: this.#app.appId })
    if (!app) return this.end("app_disabled")
    this.#app = app
    const { customerId } = visitor
    if (!(await refreshVisitor(this.#channel.db, visitor, this.#channel.clock.real()))) return this.end("token_invalid")
    // Another page of the visitor, perhaps in another process, wrote first.
    if (visitor.customerId === customerId) this.#sayState()
    else this.wake()
  }

  #tooMany(frame: ClientFrame): boolean {
    if (this.#channel.deps.unlimited) return false
    const now = this.#channel.clock.monotonic()
    this.#frames = this.#frames.filter((at) => now - at < framesWindowMs)
    this.#frames.push(now)
    if (this.#frames.length <= framesMax) return false
    this.#refused++
    if (this.#refused > framesRefusedMax) this.#socket.close(closeCodes.tooMany)
    else if (frame.type === "message")
      this.#send({
        type: "refused",
        clientId: frame.clientId,
        code: "rate_limited",
        detail: "Too fast. Wait a moment.",
        retryAfterSeconds: framesWindowMs / 1000,
      })
    return true
  }

  #ping(): void {
    if (this.#channel.clock.monotonic() - this.#heardAt > silenceMs) return void this.#socket.terminate()
    this.#socket.ping()
    this.check()
  }

  #send(frame: Record<string, unknown>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#again)
    if (this.visitorId) this.#channel.hub.remove(this)
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"))
  } catch {
    return null
  }
}
