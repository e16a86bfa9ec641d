import type { ServerFrame } from "../../src/core/chat/widget-protocol.ts"

const protocol = "switchboard.widget.v1"
const backoffMsMin = 500
const backoffMsMax = 60_000
const jitterMsMax = 30_000
const silenceMs = 20_000
const closedToken = 4001

export type ConnectionDeps = {
  url: string
  hello: () => object
  onFrame: (frame: ServerFrame) => void
  onChange: (connected: boolean) => void
}

/** The socket of this page: comes back by itself, with growing pauses, and at once when the browser is online again. */
export class Connection {
  readonly #deps: ConnectionDeps
  #socket: WebSocket | null = null
  #tries = 0
  #pauseMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false
  welcomed = false

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
    addEventListener("online", this.#retryNow)
    addEventListener("offline", this.#lost)
    document.addEventListener("visibilitychange", this.#retryNow)
    this.#connect()
  }

  send(frame: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN || !this.welcomed) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    removeEventListener("online", this.#retryNow)
    removeEventListener("offline", this.#lost)
    document.removeEventListener("visibilitychange", this.#retryNow)
    this.#drop()
  }

  readonly #retryNow = () => {
    if (this.#socket || this.#stopped || document.visibilityState === "hidden") return
    clearTimeout(this.#timer)
    this.#connect()
  }

  readonly #lost = () => {
    this.#drop()
    this.#again()
  }

  #connect(): void {
    const socket = new WebSocket(this.#deps.url, protocol)
    this.#socket = socket
    // A network that swallows everything says nothing either.
    const silent = setTimeout(() => this.#socket === socket && !this.welcomed && this.#lost(), silenceMs)
    socket.onopen = () => socket.send(JSON.stringify(this.#deps.hello()))
    socket.onmessage = ({ data }) => this.#socket === socket && this.#take(JSON.parse(String(data)) as ServerFrame)
    socket.onclose = ({ code }) => {
      clearTimeout(silent)
      if (this.#socket !== socket) return
      this.#drop()
      if (code !== closedToken) this.#again()
    }
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "welcome") {
      this.welcomed = true
      this.#tries = 0
      this.#deps.onChange(true)
    }
    if (frame.type === "goodbye") this.#pauseMs = frame.reconnectAfterMs
    this.#deps.onFrame(frame)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    if (this.welcomed) {
      this.welcomed = false
      this.#deps.onChange(false)
    }
    socket?.close()
  }

  /** Pages of a server that went away do not come back all at the same moment. */
  #again(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    const backoffMs = Math.min(backoffMsMax, backoffMsMin * 2 ** this.#tries++)
    const jitterMs = Math.random() * Math.min(jitterMsMax, backoffMs)
    this.#timer = setTimeout(() => this.#connect(), this.#pauseMs + backoffMs / 2 + jitterMs)
    this.#pauseMs = 0
  }
}
