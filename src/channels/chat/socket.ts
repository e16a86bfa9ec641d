import type { WebSocket } from "ws"
import type { StoredFile } from "../../intake/inbound-event.ts"
import { isOpen } from "./hours.ts"
import type { ChatService } from "./service.ts"
import { ClientFrame, closeCodes } from "./frames.ts"
import type { VisitorSocket } from "./hub.ts"
import { readItems } from "./items.ts"
import { type ChatState, idleState, readChatState } from "./state.ts"
import { endVisitorSession, type LiveChatApp, type Visitor } from "./visitors.ts"

const helloSeconds = 10
const pingMs = 30_000
const silenceMs = 75_000
const framesMax = 30
const framesWindowMs = 10_000
/** Frames that are refused may be this many more before the socket is closed. */
const framesRefusedMax = 30
const pageOfItems = 200
const socketsPerVisitorMax = 10
const restartMsMax = 30_000

/** One open page of a visitor (api.md 3.3). What it shows comes from the database, from its own number on. */
export class ChatSocket implements VisitorSocket {
  visitorId = ""
  readonly orgId: string
  readonly #app: LiveChatApp
  readonly #service: ChatService
  readonly #socket: WebSocket
  #visitor: Visitor | null = null
  #sentSeq = 0
  #state: ChatState = idleState
  #agentReadAt: Date | null = null
  #heardAt: number
  #frames: number[] = []
  #refused = 0
  #queue: Promise<void> = Promise.resolve()
  #looking = false
  #lookAgain = false
  readonly #timers: NodeJS.Timeout[] = []

  constructor(service: ChatService, app: LiveChatApp, socket: WebSocket) {
    this.#service = service
    this.#app = app
    this.orgId = app.orgId
    this.#socket = socket
    this.#heardAt = service.clock.monotonic()
    this.#timers.push(setTimeout(() => !this.#visitor && socket.close(closeCodes.noHello), helloSeconds * 1000))
    this.#timers.push(setInterval(() => this.#ping(), pingMs))
    socket.on("message", (bytes, isBinary) => this.#receive(bytes as Buffer, isBinary))
    socket.on("pong", () => {
      this.#heardAt = service.clock.monotonic()
    })
    socket.on("error", () => undefined) // ws closes with 1002, 1007 or 1009 by itself
    socket.on("close", () => this.#close())
  }

  wake(): void {
    this.#lookAgain = true
    if (!this.#looking) void this.#look()
  }

  typing(agentName: string, on: boolean): void {
    this.#send({ type: "typing", on, agentName })
  }

  end(reason: "restart" | "token_invalid" | "app_disabled" | "superseded"): void {
    const reconnectAfterMs = reason === "restart" ? Math.round(this.#service.chance() * Math.min(restartMsMax, 2_000)) : 0
    this.#send({ type: "goodbye", reason, reconnectAfterMs })
    this.#socket.close(reason === "restart" ? closeCodes.restart : reason === "token_invalid" ? closeCodes.token : closeCodes.policy)
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.#heardAt = this.#service.clock.monotonic()
    if (isBinary) return this.#socket.close(closeCodes.unreadable)
    const read = ClientFrame.safeParse(parsed(bytes))
    if (!read.success) return this.#socket.close(closeCodes.unreadable)
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
        return this.#service.saveProfile(visitor, frame)
      case "typing":
        return this.#service.visitorTyping(visitor, this.#state.conversationId, frame.on)
      case "read":
        return this.#service.markRead(visitor, frame.seq)
      case "page":
        return this.#service.savePage(visitor, { url: frame.url, title: frame.title })
      case "end":
        await endVisitorSession(this.#service, this.#app, visitor, frame.transcriptTo ?? null)
        return this.wake()
      default:
        frame satisfies never
    }
  }

  async #hello(frame: Extract<ClientFrame, { type: "hello" }>): Promise<void> {
    if (this.#visitor) return
    const visitor = await this.#service.findVisitor(this.#app, frame.visitorToken)
    if (!visitor) return this.end("token_invalid")
    this.visitorId = visitor.id
    const before = this.#service.hub.of(visitor.id)
    if (before.length >= socketsPerVisitorMax) before[0]?.end("superseded")
    this.#service.hub.add(this)
    const latest = await this.#service.number(visitor)
    this.#sentSeq = Math.min(frame.lastSeq, latest)
    this.#state = await readChatState(this.#service.db, visitor.orgId, visitor.id)
    this.#agentReadAt = this.#state.agentReadAt
    const missing = latest - this.#sentSeq
    this.#send({
      type: "welcome",
      seq: latest,
      resumed: frame.lastSeq > 0 && frame.lastSeq <= latest,
      more: missing > pageOfItems,
      now: this.#service.clock.now(),
      ...this.#shownState(),
    })
    this.#visitor = visitor
    if (frame.page) await this.#service.savePage(visitor, frame.page)
    this.wake()
  }

  async #message(visitor: Visitor, frame: Extract<ClientFrame, { type: "message" }>): Promise<void> {
    const refuse = (code: string, detail: string) => this.#send({ type: "refused", clientId: frame.clientId, code, detail })
    if (frame.text.trim() === "" && frame.attachmentIds.length === 0) return refuse("too_large", "Write something, or add a file.")
    const files: StoredFile[] | null = await this.#service.takeUploads(visitor, frame.attachmentIds)
    if (!files) return refuse("attachment_missing", "A file was not uploaded, or was used already. Add it again.")
    const accepted = await this.#service.take(this.#app, visitor, { clientId: frame.clientId, text: frame.text, files })
    if (!accepted.ok) return refuse(accepted.code === "closed" ? "closed" : "not_accepting", accepted.code === "closed" ? "Chat is closed now." : "The message could not be taken. It is kept for us to look at.")
    this.#send({ type: "accepted", clientId: frame.clientId, seq: accepted.seq, id: accepted.id, at: accepted.at })
    for (const visitorId of accepted.visitorIds) this.#service.hub.wake(visitorId)
  }

  #failed(frame: ClientFrame, error: unknown): void {
    this.#service.onError(error)
    if (frame.type === "message") this.#send({ type: "refused", clientId: frame.clientId, code: "not_accepting", detail: "Not taken just now. Try again.", retryAfterSeconds: 2 })
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
      this.#service.onError(error)
    } finally {
      this.#looking = false
    }
  }

  async #sendItems(visitor: Visitor): Promise<void> {
    for (;;) {
      const items = await readItems(this.#service.db, visitor.orgId, visitor.id, this.#sentSeq, pageOfItems)
      for (const { attachments, clientId, ...item } of items) {
        const files = attachments.map((file) => ({ name: file.name, type: file.type, url: this.#service.fileUrl(this.#app, visitor, file.id) }))
        this.#send({ type: "message", ...item, attachments: files, ...(clientId && { clientId }) })
        this.#sentSeq = item.seq
      }
      if (items.some((item) => item.from === "agent")) await this.#service.markDelivered(visitor, items)
      if (items.length < pageOfItems) return
    }
  }

  async #sendState(visitor: Visitor): Promise<void> {
    const state = await readChatState(this.#service.db, visitor.orgId, visitor.id)
    const before = this.#shownState()
    this.#state = state
    const now = this.#shownState()
    if (JSON.stringify(before) !== JSON.stringify(now)) this.#send({ type: "state", ...now })
    if (state.agentReadAt && state.agentReadAt.getTime() !== this.#agentReadAt?.getTime()) {
      this.#agentReadAt = state.agentReadAt
      this.#send({ type: "read", seq: this.#sentSeq, at: state.agentReadAt })
    }
  }

  #shownState() {
    const { status, estimatedWaitSeconds, queuePosition, agent } = this.#state
    return { status, open: isOpen(this.#app.settings.hours, this.#service.clock.now()).open, estimatedWaitSeconds, queuePosition, agent }
  }

  #tooMany(frame: ClientFrame): boolean {
    if (this.#service.unlimited) return false
    const now = this.#service.clock.monotonic()
    this.#frames = this.#frames.filter((at) => now - at < framesWindowMs)
    this.#frames.push(now)
    if (this.#frames.length <= framesMax) return false
    this.#refused++
    if (this.#refused > framesRefusedMax) this.#socket.close(closeCodes.tooMany)
    else if (frame.type === "message") this.#send({ type: "refused", clientId: frame.clientId, code: "rate_limited", detail: "Too fast. Wait a moment.", retryAfterSeconds: framesWindowMs / 1000 })
    return true
  }

  #ping(): void {
    if (this.#service.clock.monotonic() - this.#heardAt > silenceMs) return this.#socket.terminate()
    this.#socket.ping()
  }

  #send(frame: Record<string, unknown>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.visitorId) this.#service.hub.remove(this)
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"))
  } catch {
    return null
  }
}
