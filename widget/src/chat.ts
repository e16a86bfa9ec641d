import type { WidgetBootstrap } from "../../src/core/chat/chat-app.ts"
import type { ServerFrame, WidgetItem, WidgetState } from "../../src/core/chat/widget-protocol.ts"
import { Connection } from "./connection.ts"
import type { Identity, Server } from "./server.ts"
import { type Draft, Storage } from "./storage.ts"
import { newUuid } from "./uuid.ts"

export type ChatEvent = "availability:change" | "message:sent" | "campaign:triggered"

const typingShownMs = 6_000
const typingSaidMs = 3_000
const retryMs = 3_000

/** The chat of this page: what was said, what waits to be sent, and how the connection is. Views read it and call it. */
export class Chat {
  app: WidgetBootstrap
  readonly storage: Storage
  readonly identity: Identity | null
  readonly items = new Map<number, WidgetItem>()
  state: WidgetState
  connected = false
  typing: string | null = null
  agentReadSeq = 0
  open = false
  /** Opened by the visitor, not by the page: the field takes the focus. */
  takesFocus = false
  readonly #server: Server
  readonly #emit: (event: ChatEvent, detail: object) => void
  readonly #listeners = new Set<() => void>()
  #connection: Connection | null = null
  #connecting: Promise<void> | null = null
  #sending: string | null = null
  #saidTypingAt = 0
  #typingTimer: ReturnType<typeof setTimeout> | undefined
  #stopTypingTimer: ReturnType<typeof setTimeout> | undefined

  constructor(deps: {
    app: WidgetBootstrap
    server: Server
    identity: Identity | null
    emit: (event: ChatEvent, detail: object) => void
    storage?: Storage
  }) {
    this.app = deps.app
    this.#server = deps.server
    this.#emit = deps.emit
    this.identity = deps.identity
    this.storage = deps.storage ?? new Storage(deps.app.appId)
    this.state = {
      status: "idle",
      open: deps.app.open,
      estimatedWaitSeconds: deps.app.estimatedWaitSeconds,
      queuePosition: null,
      agent: null,
      served: true,
    }
    // Somebody signed in or out on this browser: what was open to the one is not to the other.
    if ((deps.identity?.externalId ?? null) !== this.storage.value.externalId) {
      const { visitorToken } = this.storage.value
      if (visitorToken) void deps.server.endVisitor(visitorToken).catch(() => undefined)
      this.storage.forget()
    }
    if (this.storage.value.begun || this.storage.value.outbox.length > 0) this.connect()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Makes a visitor where this browser has none yet, and opens the socket. */
  connect(): void {
    if (this.#connection || this.#connecting) return
    this.#connecting = this.#begin()
      .catch(() => void setTimeout(() => this.connect(), retryMs))
      .finally(() => {
        this.#connecting = null
      })
  }

  show(open: boolean, byVisitor = true): void {
    this.open = open
    this.takesFocus = byVisitor
    this.storage.change({ open })
    this.sayRead()
    this.changed()
  }

  get unread(): number {
    return [...this.items.values()].filter((item) => item.from !== "visitor" && item.seq > this.storage.value.readSeq)
      .length
  }

  /** Out of hours a new chat cannot begin; one that was begun goes on. */
  get closed(): boolean {
    return !this.state.open && this.state.status !== "waiting" && this.state.status !== "connected"
  }

  /** Texts of required questions are asked after the text was typed; it is kept meanwhile. */
  get asksFirst(): boolean {
    const { name, email } = this.app.questions
    return !this.storage.value.asked && !this.identity && (name === "required" || email === "required")
  }

  write(text: string, files: { id: string; name: string }[]): void {
    const draft: Draft = {
      clientId: newUuid(),
      text,
      attachmentIds: files.map((file) => file.id),
      files: files.map((file) => file.name),
      at: new Date().toISOString(),
      status: this.asksFirst ? "held" : "sending",
    }
    this.storage.change({ outbox: [...this.storage.value.outbox, draft] })
    this.sayTyping(false)
    this.connect()
    this.#pump()
    this.changed()
  }

  retry(clientId: string): void {
    this.#mark(clientId, { status: "sending" })
    this.connect()
    this.#pump()
  }

  /** Answers to the questions, or none. */
  answer(profile: { name?: string; email?: string }): void {
    this.storage.change({ asked: true, ...(profile.email && { email: profile.email }) })
    this.connect()
    if (profile.name || profile.email) this.#profile = { ...this.#profile, ...profile }
    this.#sayProfile()
    for (const draft of this.storage.value.outbox)
      if (draft.status === "held") this.#mark(draft.clientId, { status: "sending" })
    this.#pump()
    this.changed()
  }

  end(transcriptTo: string): void {
    this.#connection?.send({ type: "end", ...(transcriptTo && { transcriptTo }) })
    this.changed()
  }

  get logoUrl(): string | null {
    const { logoId } = this.app.appearance
    return logoId && this.#server.logoUrl(logoId)
  }

  async upload(file: File): Promise<string> {
    this.connect()
    await this.#connecting
    return this.#server.upload(this.storage.value.visitorToken ?? "", file)
  }

  sayTyping(on: boolean): void {
    clearTimeout(this.#stopTypingTimer)
    const now = performance.now()
    if (on) {
      this.#stopTypingTimer = setTimeout(() => this.sayTyping(false), typingSaidMs + 1_000)
      if (now - this.#saidTypingAt < typingSaidMs) return
    } else if (this.#saidTypingAt === 0) return
    this.#saidTypingAt = on ? now : 0
    this.#connection?.send({ type: "typing", on })
  }

  sayRead(): void {
    const last = Math.max(0, ...this.items.keys())
    if (!this.open || document.visibilityState === "hidden" || last <= this.storage.value.readSeq) return
    this.storage.change({ readSeq: last })
    this.#connection?.send({ type: "read", seq: last })
    this.changed()
  }

  sayPage(): void {
    this.#connection?.send({ type: "page", url: location.href, title: document.title })
  }

  #profile: { name?: string; email?: string } = {}

  #sayProfile(): void {
    if (Object.keys(this.#profile).length > 0 && this.#connection?.send({ type: "profile", ...this.#profile }))
      this.#profile = {}
  }

  async #begin(): Promise<void> {
    const { value } = this.storage
    if (value.visitorToken === null) {
      const visitorToken = await this.#server.newVisitor(this.identity)
      this.storage.change({ visitorToken, externalId: this.identity?.externalId ?? null, begun: true })
    }
    this.#connection = new Connection({
      url: this.app.socketUrl,
      hello: () => ({
        type: "hello",
        visitorToken: this.storage.value.visitorToken,
        lastSeq: Math.max(0, ...this.items.keys()),
        page: { url: location.href, title: document.title, referrer: document.referrer },
        locale: navigator.language,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
      onFrame: (frame) => this.#take(frame),
      onChange: (connected) => {
        this.connected = connected
        if (!connected) this.#sending = null
        this.changed()
      },
    })
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#setState(frame)
        this.#sayProfile()
        this.#pump()
        break
      case "state":
        this.#setState(frame)
        break
      case "message":
        this.#receive(frame)
        break
      case "accepted":
        this.#sending = null
        this.#mark(frame.clientId, { status: "sent" })
        this.#emit("message:sent", { id: frame.id })
        this.#pump()
        break
      case "refused":
        this.#refused(frame)
        break
      case "typing":
        this.#showTyping(frame.on ? frame.agentName : null)
        break
      case "read":
        this.agentReadSeq = Math.max(this.agentReadSeq, frame.seq)
        break
      case "goodbye":
        if (frame.reason === "token_invalid") this.#startOver()
        if (frame.reason === "app_disabled" || frame.reason === "superseded") this.#connection?.stop()
        break
    }
    this.changed()
  }

  #receive({ type: _, ...item }: WidgetItem & { type: "message" }): void {
    this.items.set(item.seq, item)
    if (item.clientId)
      this.storage.change({ outbox: this.storage.value.outbox.filter((draft) => draft.clientId !== item.clientId) })
    if (item.from !== "visitor") this.#showTyping(null)
    this.sayRead()
  }

  /** One after the other, so that they arrive in the order in which they were written. */
  #pump(): void {
    if (this.#sending !== null) return
    const next = this.storage.value.outbox.find((draft) => draft.status === "sending")
    if (!next) return
    const { clientId, text, attachmentIds } = next
    if (this.#connection?.send({ type: "message", clientId, text, attachmentIds })) this.#sending = clientId
  }

  #refused(frame: Extract<ServerFrame, { type: "refused" }>): void {
    this.#sending = null
    if (frame.retryAfterSeconds !== undefined) {
      setTimeout(() => this.#pump(), frame.retryAfterSeconds * 1000)
      return
    }
    this.#mark(frame.clientId, { status: "failed", detail: frame.detail })
    this.#pump()
  }

  #mark(clientId: string, change: Partial<Draft>): void {
    this.storage.change({
      outbox: this.storage.value.outbox.map((draft) => (draft.clientId === clientId ? { ...draft, ...change } : draft)),
    })
    this.changed()
  }

  #showTyping(name: string | null): void {
    clearTimeout(this.#typingTimer)
    this.typing = name
    if (name !== null) {
      this.#typingTimer = setTimeout(() => {
        this.typing = null
        this.changed()
      }, typingShownMs)
    }
  }

  #setState({ status, open, estimatedWaitSeconds, queuePosition, agent, served }: WidgetState): void {
    const wasOpen = this.state.open
    this.state = { status, open, estimatedWaitSeconds, queuePosition, agent, served }
    if (open !== wasOpen) this.#emit("availability:change", { available: open })
  }

  /** Logged out, or the token is too old: a new visitor, as soon as there is something to say. */
  #startOver(): void {
    this.#connection?.stop()
    this.#connection = null
    this.#sending = null
    this.items.clear()
    this.storage.forget()
    if (this.storage.value.outbox.length > 0) this.connect()
  }
}
