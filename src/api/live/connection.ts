import { Duplex } from "node:stream"
import type { WebSocket } from "ws"
import type { Sight } from "../../conversations/sight.ts"
import type { Principal } from "../../identity/principal.ts"
import { newId } from "../../ids.ts"
import type { LiveEvent } from "./live-event.ts"
import { ClientFrame, closeCodes, frameTypes, type Goodbye, type LiveProblem, streamsMax } from "./frames.ts"
import { isTold, type Stream } from "./streams.ts"

const helloSecondsMax = 10
const framesMax = 50
const framesWindowMs = 10_000
const unsentBytesMax = 1_048_576

/** What a connection asks of what all connections share (hub.ts). */
export interface ConnectionHost {
  /** No limit of frames. */
  readonly unlimited: boolean
  readonly version: string
  now(): Date
  monotonic(): number
  onError(error: unknown): void
  /** Said hello; answers the positions of the oldest event that is kept and of the latest. */
  enter(connection: Connection): Promise<{ oldest: number; latest: number }>
  leave(connection: Connection): void
  heard(connection: Connection): void
  listen(connection: Connection, stream: Stream): void
  ignore(connection: Connection, stream: Stream): void
  sightOf(principal: Principal): Promise<Sight>
  /** Events after the position, and up to which all are told. */
  read(orgId: string, position: number): Promise<LiveEvent[]>
  position(orgId: string): number
  /** Whether a stream is open to the caller; null: it is. */
  judge(principal: Principal, sight: Sight, stream: Stream): Promise<LiveProblem | null>
  sendOffers(connection: Connection, ids: readonly string[] | null): Promise<void>
  sendCounts(connection: Connection): Promise<void>
  setPlace(connection: Connection, place: "work" | "settings", conversationId: string | null): Promise<void>
  setTyping(connection: Connection, frame: Extract<ClientFrame, { type: "typing" }>): Promise<void>
}

/** One browser tab, or one program: says what it wants, and is told what it may know, in order. */
export class Connection {
  readonly id = newId()
  readonly principal: Principal
  readonly #socket: WebSocket
  readonly #hub: ConnectionHost
  readonly #streams = new Set<Stream>()
  readonly #helloTimer: NodeJS.Timeout
  #position = 0
  #sight: Sight
  /** Told as they happen; before, and after a change of what may be seen, the table is read up to now first. */
  #live = false
  #catching = false
  #greeted = false
  #closed = false
  #frameTimes: number[] = []
  heardAt: number
  place: "work" | "settings" = "work"
  viewing: string | null = null

  constructor(socket: WebSocket, principal: Principal, hub: ConnectionHost) {
    this.#socket = socket
    this.principal = principal
    this.#hub = hub
    this.#sight = { inboxIds: [], agentId: principal.ownerId }
    this.heardAt = hub.monotonic()
    this.#helloTimer = setTimeout(() => this.close(closeCodes.noHello), helloSecondsMax * 1000)
    socket.on("message", (bytes, isBinary) => this.#receive(bytes as Buffer, isBinary))
    socket.on("pong", () => {
      this.heardAt = hub.monotonic()
      hub.heard(this)
    })
    socket.on("error", () => undefined) // ws closes with 1002, 1007 or 1009 by itself
    socket.on("close", () => this.#end())
  }

  get greeted(): boolean {
    return this.#greeted
  }

  get sight(): Sight {
    return this.#sight
  }

  get streams(): ReadonlySet<Stream> {
    return this.#streams
  }

  wants(stream: Stream): boolean {
    return this.#streams.has(stream)
  }

  ping(): void {
    this.#socket.ping()
  }

  /** The other side does not answer: no farewell would arrive. */
  terminate(): void {
    this.#socket.terminate()
  }

  close(code: number): void {
    this.#socket.close(code)
  }

  sayGoodbye(reason: Goodbye, code: number, reconnectAfterMs: number): void {
    this.send({ type: "goodbye", reason, reconnectAfterMs })
    this.close(code)
  }

  send(frame: Record<string, unknown>): void {
    this.sendText(JSON.stringify(frame))
  }

  sendText(text: string): void {
    if (this.#closed || this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > unsentBytesMax) {
      this.#socket.send(JSON.stringify({ type: "goodbye", reason: "too_slow", reconnectAfterMs: 1_000 }))
      this.close(closeCodes.policy)
      this.#closed = true
      return
    }
    this.#socket.send(text)
  }

  /** Frames are collected until `letGo`: the events of one commit leave in one write, which costs most of their telling. */
  hold(): void {
    wireOf(this.#socket)?.cork()
  }

  letGo(): void {
    wireOf(this.#socket)?.uncork()
  }

  problem(code: LiveProblem, detail: string, ref: string | number | null = null): void {
    this.send({ type: "problem", ...(ref !== null && { ref }), code, detail })
  }

  /**
   * An event that may concern it; all that come in between do not. Those that are already told, and all while catching
   * up, are passed over.
   */
  hear(event: LiveEvent): void {
    if (!this.#live || event.position <= this.#position) return
    if (this.#changesSight(event)) {
      this.#live = false
      this.#position = event.position - 1
      void this.catchUp()
      return
    }
    this.#tell(event)
  }

  /** Told each 10 s: up to here nothing is missing. */
  sayCaughtUp(): void {
    if (!this.#live) return
    this.#position = Math.max(this.#position, this.#hub.position(this.principal.orgId))
    this.send({ type: "caught_up", position: this.#position })
  }

  /** What waits in the agent's inboxes. */
  tellCounts(counts: object): void {
    if (!this.#closed) this.send({ type: "counts", ...counts })
  }

  /** Looks at what may be seen, then reads the table up to what all are told. */
  async catchUp(): Promise<void> {
    if (this.#catching) return
    this.#catching = true
    try {
      this.#sight = await this.#hub.sightOf(this.principal)
      for (;;) {
        const events = await this.#hub.read(this.principal.orgId, this.#position)
        if (this.#closed) return
        for (const event of events) this.#tell(event)
        if (events.length === 0 && this.#position >= this.#hub.position(this.principal.orgId)) break
        if (events.some((event) => this.#changesSight(event))) this.#sight = await this.#hub.sightOf(this.principal)
      }
      this.#live = true
      this.sayCaughtUp()
    } catch (error) {
      this.#hub.onError(error)
      this.sayGoodbye("restart", closeCodes.restart, 1_000)
    } finally {
      this.#catching = false
    }
  }

  #changesSight(event: LiveEvent): boolean {
    return (
      event.type.startsWith("inbox_member.") &&
      (event.data.agentId === this.principal.ownerId || event.data.userId === this.principal.ownerId)
    )
  }

  #tell(event: LiveEvent): void {
    this.#position = event.position
    if (isTold(this.principal, this.#sight, this.#streams, event)) {
      this.sendText(event.frame)
      if (this.wants("me")) this.#tellOffer(event)
    }
  }

  #tellOffer({ type, data, actor }: LiveEvent): void {
    if (data.agentId !== this.principal.userId || typeof data.offerId !== "string") return
    if (type === "contact.offered") void this.#hub.sendOffers(this, [data.offerId])
    if (type === "contact.offer_accepted" || type === "contact.offer_rejected") {
      const status = type === "contact.offer_accepted" ? "accepted" : data.reason
      this.send({ type: "offer_ended", offerId: data.offerId, status, by: actor })
    }
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    const tooFast = !this.#hub.unlimited && this.#isTooFast()
    const frame = isBinary || tooFast ? undefined : parse(bytes)
    if (tooFast) this.close(closeCodes.tooMany)
    else if (!frame || !frameTypes.has(frame.type)) this.close(closeCodes.badData)
    else this.#read(frame)
  }

  #read(frame: Record<string, unknown>): void {
    const read = ClientFrame.safeParse(frame)
    if (!read.success) {
      const ref = typeof frame.ref === "string" || typeof frame.ref === "number" ? frame.ref : null
      if (this.#greeted)
        this.problem("frame_invalid", read.error.issues[0]?.message ?? "This frame cannot be read.", ref)
      else this.close(closeCodes.badData)
      return
    }
    if (!this.#greeted && read.data.type !== "hello") {
      this.close(closeCodes.noHello)
      return
    }
    void this.#act(read.data).catch((error) => {
      this.#hub.onError(error)
      this.sayGoodbye("restart", closeCodes.restart, 1_000)
    })
  }

  #isTooFast(): boolean {
    const now = this.#hub.monotonic()
    this.#frameTimes = this.#frameTimes.filter((at) => now - at < framesWindowMs)
    this.#frameTimes.push(now)
    return this.#frameTimes.length > framesMax
  }

  async #act(frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case "hello":
        return this.#greet(frame)
      case "subscribe":
        return this.#subscribe(frame.streams, frame.ref)
      case "unsubscribe":
        for (const stream of frame.streams) {
          this.#streams.delete(stream)
          this.#hub.ignore(this, stream)
        }
        return this.send({ type: "done", ref: frame.ref })
      case "presence":
        return this.#hub.setPlace(this, frame.place, frame.conversationId)
      case "typing":
        return this.#hub.setTyping(this, frame)
      case "signal":
        return this.problem("not_found", "There is no such media session.")
      case "ping":
        return this.send({ type: "pong" })
    }
  }

  async #greet(hello: Extract<ClientFrame, { type: "hello" }>): Promise<void> {
    if (this.#greeted) return this.problem("frame_invalid", "Hello was said before.")
    this.#greeted = true
    clearTimeout(this.#helloTimer)
    const { oldest, latest } = await this.#hub.enter(this)
    const gone = hello.position !== null && (hello.position < oldest - 1 || hello.position > latest)
    this.#position = hello.position === null || gone ? latest : hello.position
    this.send({
      type: "welcome",
      connectionId: this.id,
      position: this.#position,
      oldestPosition: oldest,
      now: this.#hub.now().toISOString(),
      userId: this.principal.userId,
      serverVersion: this.#hub.version,
    })
    if (gone) this.problem("position_gone", "Load the state again and go on from the position of welcome.")
    this.#sight = await this.#hub.sightOf(this.principal)
    await this.#add(hello.streams, null)
    await this.catchUp()
    if (this.wants("me")) {
      await this.#hub.sendOffers(this, null)
      if (this.principal.can("agent.self")) await this.#hub.sendCounts(this)
    }
  }

  async #subscribe(streams: readonly Stream[], ref: string | number | null): Promise<void> {
    const refused = await this.#add(streams, ref)
    if (!refused) this.send({ type: "done", ref })
  }

  /** Judged by the same table as HTTP; each stream that is refused is named. */
  async #add(streams: readonly Stream[], ref: string | number | null): Promise<boolean> {
    let refused = false
    for (const stream of streams) {
      const problem =
        this.#streams.size >= streamsMax ? "rate_limited" : await this.#hub.judge(this.principal, this.#sight, stream)
      if (problem) {
        refused = true
        this.problem(problem, `The stream ${stream} is not open to you.`, ref)
      } else {
        this.#streams.add(stream)
        this.#hub.listen(this, stream)
      }
    }
    return refused
  }

  #end(): void {
    this.#closed = true
    clearTimeout(this.#helloTimer)
    this.#hub.leave(this)
  }
}

/** ws keeps its stream to itself; corked, its frames are written together. */
function wireOf(socket: WebSocket): Duplex | null {
  const wire: unknown = Reflect.get(socket, "_socket")
  return wire instanceof Duplex ? wire : null
}

function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"))
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
