import type { Clock } from "../../clock.ts"
import type { Sight } from "../../conversations/sight.ts"
import { sees } from "../../conversations/sight.ts"
import type { ChannelName } from "../../core/channels.ts"
import type { Offer } from "../../core/routing/offer.ts"
import type { Principal } from "../../identity/principal.ts"
import { actorOf } from "../../identity/principal.ts"
import { chance } from "../../ids.ts"
import type { Bus } from "../../store/bus.ts"
import type { Store } from "../../store/write.ts"
import { sightOf } from "../conversations/acting.ts"
import type { Connection, ConnectionHost } from "./connection.ts"
import { EventTail } from "./event-tail.ts"
import type { LiveEvent } from "./live-event.ts"
import { closeCodes, type LiveProblem } from "./frames.ts"
import { Room } from "./room.ts"
import { Turns } from "./turns.ts"
import { WaitingCounts } from "./waiting-counts.ts"
import type { Stream } from "./streams.ts"

/** What sockets tell of agents (availability/presence.ts). */
export type LivePresence = {
  connected(orgId: string, agentId: string): Promise<void>
  heartbeat(orgId: string, agentId: string): void
  lost(orgId: string, agentId: string, at?: Date): Promise<void>
  inSettings(orgId: string, agentId: string, on: boolean): Promise<void>
}

export type LiveDeps = {
  store: Store
  bus: Bus
  clock: Clock
  version: string
  presence: LivePresence
  /** Whether the session, or the key, still holds. */
  stillHolds(principal: Principal): Promise<boolean>
  /** Of one agent: those of `ids`, or all that are pending. */
  offers(orgId: string, agentId: string, ids: readonly string[] | null): Promise<Offer[]>
  /** What waits, for each of these agents. */
  counts(orgId: string, agentIds: readonly string[], now: Date): Promise<Map<string, object>>
  /** The customer sees that somebody writes. */
  onTyping?: (orgId: string, conversationId: string, channel: ChannelName, agentName: string, on: boolean) => void
  /** No limit of frames (RATE_LIMIT_FACTOR=0). */
  unlimited: boolean
  onError(error: unknown): void
}

const pingEveryMs = 5_000
const lostAfterMs = 20_000
const idleEveryMs = 10_000
const sessionEveryMs = 30_000
/** What every connection has its turn of is done for some of them at a time. */
const turnMs = 250
const socketsPerUserMax = 20
const reconnectMsMax = 2_000

type TypingFrame = { conversationId: string; channel: ChannelName | "note"; on: boolean }
type Ended = { orgId: string; userId: string; sessionId?: string; except?: string | null }

type OpenRoom = { room: Room; counts: WaitingCounts; leaveTail: Promise<() => void> }

/** All sockets of this process, and what they share: one reader of events, one heartbeat, one look at sessions. */
export class Hub implements ConnectionHost {
  readonly #deps: LiveDeps
  readonly #tail: EventTail
  readonly #connections = new Set<Connection>()
  readonly #rooms = new Map<string, OpenRoom>()
  readonly #timers: NodeJS.Timeout[]

  constructor(deps: LiveDeps) {
    this.#deps = deps
    this.#tail = new EventTail(deps)
    this.#timers = [
      this.#inTurn(pingEveryMs, (connection) => this.#ping(connection)),
      this.#inTurn(idleEveryMs, (connection) => connection.sayCaughtUp()),
      this.#inTurn(sessionEveryMs, (connection) => void this.#checkSession(connection)),
    ]
  }

  get unlimited(): boolean {
    return this.#deps.unlimited
  }

  get version(): string {
    return this.#deps.version
  }

  /** Sockets that are open, for the metrics. */
  get size(): number {
    return this.#connections.size
  }

  now(): Date {
    return this.#deps.clock.now()
  }

  monotonic(): number {
    return this.#deps.clock.monotonic()
  }

  onError(error: unknown): void {
    this.#deps.onError(error)
  }

  /** Null: too many of this person or key. */
  admits(principal: Principal): boolean {
    return this.#of(principal).length < socketsPerUserMax
  }

  add(connection: Connection): void {
    this.#connections.add(connection)
  }

  /** Said hello: from now on it is told, and an agent is there. */
  async enter(connection: Connection): Promise<{ oldest: number; latest: number }> {
    const { orgId, userId } = connection.principal
    await this.#join(connection)
    if (userId && connection.principal.can("agent.self")) await this.#deps.presence.connected(orgId, userId)
    return this.#tail.bounds(orgId)
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection)
    this.#leaveRoom(connection)
    this.#view(connection, null)
    const { orgId, userId } = connection.principal
    if (!userId || !connection.greeted || !connection.principal.can("agent.self")) return
    const others = this.#of(connection.principal).filter((other) => other.greeted)
    const away =
      others.length === 0 ? this.#deps.presence.lost(orgId, userId, this.#heardAt(connection)) : Promise.resolve()
    const left = connection.place === "settings" && !others.some((other) => other.place === "settings")
    const back = left ? this.#deps.presence.inSettings(orgId, userId, false) : Promise.resolve()
    Promise.all([away, back]).catch(this.#deps.onError)
  }

  heard(connection: Connection): void {
    const { orgId, userId } = connection.principal
    if (userId && connection.greeted && connection.principal.can("agent.self"))
      this.#deps.presence.heartbeat(orgId, userId)
  }

  listen(connection: Connection, stream: Stream): void {
    this.#rooms.get(connection.principal.orgId)?.room.listen(connection, stream)
  }

  ignore(connection: Connection, stream: Stream): void {
    this.#rooms.get(connection.principal.orgId)?.room.ignore(connection, stream)
  }

  sightOf(principal: Principal): Promise<Sight> {
    return sightOf(this.#deps.store.db, principal)
  }

  read(orgId: string, position: number): Promise<LiveEvent[]> {
    return this.#tail.read(orgId, position)
  }

  position(orgId: string): number {
    return this.#tail.position(orgId)
  }

  /** Whether a stream is open to the caller; null: it is. */
  async judge(principal: Principal, sight: Sight, stream: Stream): Promise<LiveProblem | null> {
    const [kind, id] = stream.split(":")
    if (kind === "all") return principal.can("event.read") ? null : "not_permitted"
    if (kind === "board") return principal.can("board.read") ? null : "not_permitted"
    if (kind === "work" || kind === "conversation" || kind === "queue") {
      if (!principal.can("conversation.read")) return "not_permitted"
    }
    if (kind === "conversation") return (await this.#isSeen(principal.orgId, sight, id ?? "")) ? null : "not_found"
    if (kind === "queue") return (await this.#isInbox(principal.orgId, sight, id ?? "")) ? null : "not_found"
    return null
  }

  async sendOffers(connection: Connection, ids: readonly string[] | null): Promise<void> {
    const { orgId, userId } = connection.principal
    if (!userId || !connection.principal.can("agent.self")) return
    try {
      for (const offer of await this.#deps.offers(orgId, userId, ids)) {
        if (offer.status !== "pending") continue
        const remainingMs = Math.max(0, new Date(offer.endsAt).getTime() - this.now().getTime())
        connection.send({ type: "offer", offer, remainingMs })
      }
    } catch (error) {
      this.#deps.onError(error)
    }
  }

  async sendCounts(connection: Connection): Promise<void> {
    const { orgId, userId } = connection.principal
    if (!userId) return
    try {
      const counts = await this.#deps.counts(orgId, [userId], this.now())
      connection.tellCounts(counts.get(userId) ?? {})
    } catch (error) {
      this.#deps.onError(error)
    }
  }

  /** `settings` pauses routing to the agent; the conversation on the screen is shown to colleagues. */
  async setPlace(connection: Connection, place: "work" | "settings", conversationId: string | null): Promise<void> {
    connection.place = place
    const { orgId, userId } = connection.principal
    if (userId && connection.principal.can("agent.self"))
      await this.#deps.presence.inSettings(orgId, userId, place === "settings")
    if (conversationId && !(await this.#isSeen(orgId, connection.sight, conversationId))) {
      return connection.problem("not_found", "There is no such conversation.")
    }
    this.#view(connection, conversationId)
  }

  async setTyping(connection: Connection, { conversationId, channel, on }: TypingFrame): Promise<void> {
    const { principal } = connection
    if (!principal.can("conversation.work")) return connection.problem("not_permitted", "You may not write here.")
    if (!(await this.#isSeen(principal.orgId, connection.sight, conversationId))) {
      return connection.problem("not_found", "There is no such conversation.")
    }
    this.#show(
      principal.orgId,
      conversationId,
      { type: "typing", conversationId, channel, person: actorOf(principal), on },
      principal.id,
    )
    if (channel !== "note") this.#deps.onTyping?.(principal.orgId, conversationId, channel, principal.name, on)
  }

  /** A customer writes: shown to who has the conversation on the screen. */
  customerTyping(
    orgId: string,
    conversationId: string,
    person: { id: string | null; name: string },
    on: boolean,
  ): void {
    this.#show(
      orgId,
      conversationId,
      { type: "typing", conversationId, channel: "chat", person: { ...person, type: "customer" }, on },
      null,
    )
  }

  /** Whether this person has a page open under another session, on this process. */
  isElsewhere(orgId: string, userId: string, sessionId: string): boolean {
    return this.#of({ orgId, id: userId }).some(
      ({ greeted, principal }) => greeted && principal.sessionId !== sessionId,
    )
  }

  /** Sessions ended, or a key was revoked: at once, not at the next look. */
  endSessions(ended: Ended): void {
    for (const connection of [...this.#connections]) {
      const { principal } = connection
      if (principal.orgId !== ended.orgId || (principal.userId ?? principal.id) !== ended.userId) continue
      if (ended.sessionId !== undefined && principal.sessionId !== ended.sessionId) continue
      if (ended.except && principal.sessionId === ended.except) continue
      connection.sayGoodbye("session_ended", closeCodes.token, 0)
    }
  }

  /** Everybody is asked to come back, spread over two seconds. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const { counts } of this.#rooms.values()) counts.stop()
    this.#tail.stop()
    this.#each((connection) =>
      connection.sayGoodbye("restart", closeCodes.restart, Math.round(chance() * reconnectMsMax)),
    )
  }

  async #join(connection: Connection): Promise<void> {
    const { orgId } = connection.principal
    let open = this.#rooms.get(orgId)
    if (!open) {
      const room: Room = new Room(() => counts.soon())
      const counts = new WaitingCounts({
        members: room.members,
        count: (agentIds) => this.#deps.counts(orgId, agentIds, this.now()),
        monotonic: () => this.monotonic(),
        onError: this.#deps.onError,
      })
      open = { room, counts, leaveTail: this.#tail.listen(orgId, (events) => room.tell(events)) }
      this.#rooms.set(orgId, open)
    }
    open.room.join(connection)
    await open.leaveTail
    if (!this.#connections.has(connection)) this.#leaveRoom(connection)
  }

  #leaveRoom(connection: Connection): void {
    const { orgId } = connection.principal
    const open = this.#rooms.get(orgId)
    if (!open) return
    open.room.leave(connection)
    if (open.room.size > 0) return
    this.#rooms.delete(orgId)
    open.counts.stop()
    open.leaveTail.then((leave) => leave()).catch(this.#deps.onError)
  }

  #view(connection: Connection, conversationId: string | null): void {
    const { principal, viewing } = connection
    if (viewing === conversationId) return
    connection.viewing = conversationId
    const person = actorOf(principal)
    if (viewing)
      this.#show(
        principal.orgId,
        viewing,
        { type: "viewing", conversationId: viewing, person, on: false },
        principal.id,
      )
    if (!conversationId) return
    this.#show(principal.orgId, conversationId, { type: "viewing", conversationId, person, on: true }, principal.id)
    for (const other of this.#connections) {
      if (
        other.viewing !== conversationId ||
        other.principal.id === principal.id ||
        other.principal.orgId !== principal.orgId
      )
        continue
      connection.send({ type: "viewing", conversationId, person: actorOf(other.principal), on: true })
    }
  }

  #show(orgId: string, conversationId: string, frame: Record<string, unknown>, exceptId: string | null): void {
    const text = JSON.stringify(frame)
    for (const connection of this.#connections) {
      const { principal } = connection
      if (principal.orgId === orgId && principal.id !== exceptId && connection.wants(`conversation:${conversationId}`))
        connection.sendText(text)
    }
  }

  async #isSeen(orgId: string, sight: Sight, id: string): Promise<boolean> {
    const found = await this.#deps.store.db
      .selectFrom("conversations")
      .select(["inboxId", "agentId"])
      .where("orgId", "=", orgId)
      .where("id", "=", id)
      .executeTakeFirst()
    return found !== undefined && sees(sight, found)
  }

  async #isInbox(orgId: string, sight: Sight, id: string): Promise<boolean> {
    if (sight.inboxIds !== null) return sight.inboxIds.includes(id)
    const found = await this.#deps.store.db
      .selectFrom("inboxes")
      .select("id")
      .where("orgId", "=", orgId)
      .where("id", "=", id)
      .executeTakeFirst()
    return found !== undefined
  }

  /** Each connection every so often, spread over that time: those of a large company at once would hold up what is told. */
  #inTurn(everyMs: number, act: (connection: Connection) => void): NodeJS.Timeout {
    const turns = new Turns(this.#connections, everyMs / turnMs)
    return setInterval(() => {
      for (const connection of turns.next()) act(connection)
    }, turnMs)
  }

  #ping(connection: Connection): void {
    if (this.monotonic() - connection.heardAt > lostAfterMs) connection.terminate()
    else connection.ping()
  }

  async #checkSession(connection: Connection): Promise<void> {
    try {
      if (!(await this.#deps.stillHolds(connection.principal)))
        connection.sayGoodbye("session_ended", closeCodes.token, 0)
    } catch (error) {
      this.#deps.onError(error)
    }
  }

  #of({ orgId, id }: Pick<Principal, "orgId" | "id">): Connection[] {
    return [...this.#connections].filter(({ principal }) => principal.id === id && principal.orgId === orgId)
  }

  #heardAt(connection: Connection): Date {
    return new Date(this.#deps.clock.real().getTime() - (this.monotonic() - connection.heardAt))
  }

  #each(act: (connection: Connection) => void): void {
    for (const connection of [...this.#connections]) act(connection)
  }
}
