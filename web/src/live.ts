/**
 * The one socket to the server (api.md 4): events in, presence and typing out. It resumes from the last position, so
 * that nothing is missed; `live-cache.ts` turns events into changes of the query cache.
 */
export type LiveFrame = { type: string; [field: string]: unknown }
export type LiveEvent = {
  type: "event"
  position: number
  id: string
  eventType: string
  at: string
  data: Record<string, unknown>
}
export type LiveStatus = {
  /** `off` before the first sign-in; `lost` from the moment the line breaks. */
  state: "off" | "connecting" | "live" | "lost"
  /** performance.now() of the last change of state. */
  since: number
  /** Events caught up after the last return of the line. */
  caughtUp: number
  serverVersion: string | null
  /** The server was upgraded while this page was open. */
  outdated: boolean
}

const reconnectFirstMs = 500
const reconnectMostMs = 15_000
const pingEveryMs = 20_000
const presenceEveryMs = 10_000
/** Two pings without any word: the line is dead, also where the browser has not noticed. */
const silentMostMs = 45_000
/** A line that takes longer holds nothing up. */
const firstLineMostMs = 2_000

type Listener = (frame: LiveFrame) => void

class Live {
  #socket: WebSocket | null = null
  #wanted = false
  #position: number | null = null
  #streams = new Map<string, number>([["me", 1]])
  #listeners = new Map<string, Set<Listener>>()
  #watchers = new Set<() => void>()
  #status: LiveStatus = { state: "off", since: 0, caughtUp: 0, serverVersion: null, outdated: false }
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #beat: ReturnType<typeof setInterval> | undefined
  #presence: { place: "work" | "settings"; conversationId?: string } = { place: "work" }
  #catchingUp = false
  /** performance.now() of the last frame. */
  #heardAt = 0

  start() {
    if (this.#wanted) return
    this.#wanted = true
    window.addEventListener("online", this.#reconnectNow)
    window.addEventListener("offline", this.#lineWentAway)
    this.#connect()
  }

  stop() {
    this.#wanted = false
    this.#position = null
    clearTimeout(this.#timer)
    clearInterval(this.#beat)
    window.removeEventListener("online", this.#reconnectNow)
    window.removeEventListener("offline", this.#lineWentAway)
    this.#socket?.close()
    this.#socket = null
    this.#set({ state: "off" })
  }

  /** Listens to frames of one type, or to all with `*`. Returns the way to stop. */
  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  /** Asks for a stream such as `conversation:<id>`; counted, so that two screens may ask for the same. */
  subscribe(stream: string): () => void {
    const holders = this.#streams.get(stream) ?? 0
    this.#streams.set(stream, holders + 1)
    if (holders === 0) this.send({ type: "subscribe", ref: stream, streams: [stream] })
    return () => {
      const left = (this.#streams.get(stream) ?? 1) - 1
      if (left > 0) return void this.#streams.set(stream, left)
      this.#streams.delete(stream)
      this.send({ type: "unsubscribe", ref: stream, streams: [stream] })
    }
  }

  /** Sent when the line is open; otherwise dropped (only presence and typing go this way). */
  send(frame: LiveFrame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  /** In Settings nothing is offered; told again every 10 s, so that a lost frame does not matter. */
  presence(place: "work" | "settings", conversationId?: string) {
    this.#presence = conversationId ? { place, conversationId } : { place }
    this.#tellPresence()
  }

  watch = (watcher: () => void) => {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  status = () => this.#status

  /** When the first line of this page stands, so that what is read then is not old at once; at most a moment later. */
  firstLine(): Promise<void> {
    const isOver = () => this.#status.state === "live" || this.#status.state === "lost"
    if (isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(), firstLineMostMs)
      const leave = this.watch(() => isOver() && done())
      const done = () => {
        clearTimeout(timer)
        leave()
        resolve()
      }
    })
  }

  #set(change: Partial<LiveStatus>) {
    this.#status = { ...this.#status, ...change, ...(change.state ? { since: performance.now() } : {}) }
    for (const watcher of this.#watchers) watcher()
  }

  #tellPresence() {
    if (document.hasFocus() || this.#presence.place === "work") this.send({ type: "presence", ...this.#presence })
  }

  #reconnectNow = () => {
    if (!this.#wanted || this.#socket) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /** A socket learns of a lost network only when it sends, and then after minutes. */
  #lineWentAway = () => {
    if (this.#socket) this.#lose(this.#socket)
  }

  #connect() {
    if (this.#status.state === "off") this.#set({ state: "connecting" })
    const url = new URL("/api/live", window.location.href)
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(url, "switchboard.live.v1")
    this.#socket = socket
    socket.onopen = () => {
      this.#catchingUp = this.#position !== null
      this.#set({ caughtUp: 0 })
      socket.send(JSON.stringify({ type: "hello", position: this.#position, streams: [...this.#streams.keys()] }))
      clearInterval(this.#beat)
      let beats = 0
      this.#heardAt = performance.now()
      this.#beat = setInterval(() => {
        if (performance.now() - this.#heardAt > silentMostMs) return this.#lose(socket)
        this.#tellPresence()
        beats += 1
        if ((beats * presenceEveryMs) % pingEveryMs === 0) this.send({ type: "ping" })
      }, presenceEveryMs)
    }
    socket.onmessage = (message) => {
      if (this.#socket !== socket) return
      this.#heardAt = performance.now()
      this.#receive(message.data)
    }
    socket.onclose = () => this.#lose(socket)
  }

  #lose(socket: WebSocket) {
    if (this.#socket !== socket) return
    this.#socket = null
    clearInterval(this.#beat)
    socket.close()
    if (!this.#wanted) return
    if (this.#status.state !== "lost") this.#set({ state: "lost" })
    const most = Math.min(reconnectMostMs, reconnectFirstMs * 2 ** this.#attempt)
    this.#attempt += 1
    // Half fixed, half by chance, so that all browsers of a restarted server do not come back at once.
    this.#timer = setTimeout(() => this.#connect(), most / 2 + Math.random() * (most / 2))
  }

  #receive(data: unknown) {
    if (typeof data !== "string") return
    const frame = JSON.parse(data) as LiveFrame
    if (frame.type === "welcome") this.#welcome(frame)
    if (frame.type === "event" || frame.type === "caught_up") {
      if (typeof frame.position === "number") this.#position = frame.position
      if (frame.type === "event" && this.#catchingUp) this.#set({ caughtUp: this.#status.caughtUp + 1 })
      if (frame.type === "caught_up") this.#catchingUp = false
    }
    if (frame.type === "goodbye") this.#goodbye(frame)
    if (frame.type === "problem" && frame.code === "position_gone") this.#position = null
    for (const listener of this.#listeners.get(frame.type) ?? []) listener(frame)
    for (const listener of this.#listeners.get("*") ?? []) listener(frame)
  }

  #welcome(frame: LiveFrame) {
    this.#attempt = 0
    const serverVersion = typeof frame.serverVersion === "string" ? frame.serverVersion : null
    const known = this.#status.serverVersion
    this.#set({
      state: "live",
      serverVersion,
      outdated: this.#status.outdated || (known !== null && known !== serverVersion),
    })
    if (this.#position === null && typeof frame.position === "number") this.#position = frame.position
    this.#tellPresence()
  }

  #goodbye(frame: LiveFrame) {
    if (frame.reason === "session_ended") this.stop()
    if (typeof frame.reconnectAfterMs === "number") this.#attempt = 0
  }
}

export const live = new Live()
