import { type Kysely, sql } from "kysely"
import type { Clock } from "../../clock.ts"
import type { Intake, StoredFile } from "../../intake/inbound-event.ts"
import type { Bus } from "../../store/bus.ts"
import type { DB } from "../../store/tables.ts"
import type { Store } from "../../store/write.ts"
import type { Channel } from "../channel.ts"
import { ChatChanges } from "./changes.ts"
import { type EndingDeps, endChat } from "./ending.ts"
import type { VisitorFileLinks } from "./file-links.ts"
import { VisitorHub } from "./hub.ts"
import { type Accepted, type ChatMessage, takeChatMessage } from "./inbound.ts"
import { findItem, numberItems, type VisitorItem, visitorsOf } from "./items.ts"
import { externalIdOf, sendChat } from "./outbound.ts"
import { type Profile, saveProfile } from "./profile.ts"
import { findVisitor, type Visitor } from "./visitors.ts"
import type { LiveChatApp } from "./live-chat-app.ts"

export type ChatDeps = EndingDeps & {
  store: Store
  bus: Bus
  intake: Intake
  fileLinks: VisitorFileLinks
  /** No limit of frames (RATE_LIMIT_FACTOR=0). */
  unlimited: boolean
  /** What the far side says of a delivery of ours. */
  updateDelivery: (
    store: Store,
    told: { orgId: string; externalId: string; status: "delivered" | "read" },
  ) => Promise<unknown>
  /** The customer writes: agents who look at the conversation see it. */
  showTyping: (orgId: string, conversationId: string, person: { id: string | null; name: string }, on: boolean) => void
  onError(error: unknown): void
}

const tickMs = 5_000
const typingPauseMs = 1_000
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Chat: the Channel, and what its sockets share. */
export class ChatChannel implements Channel {
  readonly name = "chat"
  readonly hub = new VisitorHub()
  readonly deps: ChatDeps
  readonly changes: ChatChanges
  readonly #tick: NodeJS.Timeout
  /** When each conversation's visitors were last told that somebody writes: keystrokes come often. */
  readonly #toldTyping = new Map<string, { at: number; on: boolean }>()
  readonly typing: NonNullable<Channel["typing"]>
  readonly read: NonNullable<Channel["read"]>

  constructor(deps: ChatDeps) {
    this.deps = deps
    this.changes = new ChatChanges({ store: deps.store, bus: deps.bus, hub: this.hub, onError: deps.onError })
    this.typing = {
      show: (conversationId, agentName, on) =>
        void this.#showAgentTyping(conversationId, agentName, on).catch(deps.onError),
    }
    this.read = { show: (conversationId, at) => void this.#showAgentRead(conversationId, at).catch(deps.onError) }
    this.#tick = setInterval(() => {
      this.#toldTyping.clear()
      for (const socket of this.hub.all()) socket.tick()
    }, tickMs)
  }

  get db(): Kysely<DB> {
    return this.deps.store.db
  }

  get clock(): Clock {
    return this.deps.store.clock
  }

  send(message: Parameters<Channel["send"]>[0]): ReturnType<Channel["send"]> {
    return sendChat({ store: this.deps.store, hub: this.hub }, message)
  }

  /** Numbering is repeatable: what was begun before a crash is simply done again. */
  async lookup(): Promise<"not_taken"> {
    return "not_taken"
  }

  findVisitor(app: LiveChatApp, token: string): Promise<Visitor | null> {
    return findVisitor(this.db, app, token, this.clock.real())
  }

  take(app: LiveChatApp, visitor: Visitor, message: ChatMessage, options?: { test: boolean }): Promise<Accepted> {
    return takeChatMessage(this.deps, app, visitor, message, options)
  }

  number(visitor: Visitor): Promise<number> {
    return numberItems(this.deps.store, visitor.orgId, visitor.id)
  }

  fileUrl(app: LiveChatApp, visitor: Visitor, attachmentId: string): string {
    return this.deps.fileLinks.urlOf({ appId: app.appId, visitorId: visitor.id, fileId: attachmentId })
  }

  /** Uploads of this visitor that no message has used yet; those of a message that was taken before are found by its id. */
  async takeUploads(visitor: Visitor, clientId: string, ids: readonly string[]): Promise<StoredFile[] | null> {
    if (ids.length === 0 || (await findItem(this.db, visitor.orgId, visitor.id, clientId))) return []
    if (!ids.every((id) => uuid.test(id))) return null
    const { rows } = await sql<{ id: string; sha256: string; name: string; type: string; sizeBytes: number }>`
      SELECT id, sha256, name, type, size_bytes FROM attachments
      WHERE org_id = ${visitor.orgId} AND id = ANY(${[...ids]}::uuid[]) AND uploaded_by->>'id' = ${visitor.id} AND message_id IS NULL`.execute(
      this.db,
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    const files = ids.flatMap((id) => byId.get(id) ?? [])
    return files.length === ids.length
      ? files.map(({ sha256, name, type, sizeBytes }) => ({ sha256, name, type, sizeBytes }))
      : null
  }

  /** They are a message's now, under ids of its own. */
  async dropUploads(visitor: Visitor, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.db
      .deleteFrom("attachments")
      .where("orgId", "=", visitor.orgId)
      .where("id", "in", ids)
      .where("messageId", "is", null)
      .where(sql<string>`uploaded_by->>'id'`, "=", visitor.id)
      .execute()
  }

  saveProfile(visitor: Visitor, given: Profile): Promise<void> {
    return saveProfile(this.deps.store, visitor, given)
  }

  async savePage(
    visitor: Visitor,
    page: { url: string; title?: string | null | undefined; referrer?: string | null | undefined },
  ): Promise<void> {
    await this.db
      .updateTable("visitors")
      .set({ page: JSON.stringify(page), seenAt: this.clock.now() })
      .where("orgId", "=", visitor.orgId)
      .where("id", "=", visitor.id)
      .execute()
  }

  visitorTyping(visitor: Visitor, conversationId: string | null, on: boolean): void {
    if (conversationId)
      this.deps.showTyping(
        visitor.orgId,
        conversationId,
        { id: visitor.customerId, name: visitor.profile.name ?? "" },
        on,
      )
  }

  /** A screen has taken these answers. */
  async markDelivered(visitor: Visitor, items: readonly VisitorItem[]): Promise<void> {
    for (const item of items)
      if (item.undelivered)
        await this.deps.updateDelivery(this.deps.store, {
          orgId: visitor.orgId,
          externalId: externalIdOf(item.id),
          status: "delivered",
        })
  }

  end(app: LiveChatApp, visitor: Visitor, transcriptTo: string | null): Promise<void> {
    return endChat(this.db, this.deps, app, visitor, transcriptTo)
  }

  async markRead(visitor: Visitor, seq: number): Promise<void> {
    const { rows } = await sql<{ messageId: string }>`
      WITH v AS (
        UPDATE visitors n SET read_seq = greatest(n.read_seq, least(${seq}::bigint, n.last_seq)) FROM visitors o
        WHERE n.org_id = ${visitor.orgId} AND n.id = ${visitor.id} AND o.org_id = n.org_id AND o.id = n.id
        RETURNING o.read_seq AS before, n.read_seq AS after)
      SELECT i.message_id FROM visitor_items i, v WHERE i.org_id = ${visitor.orgId} AND i.visitor_id = ${visitor.id}
        AND i.sender <> 'visitor' AND i.seq > v.before AND i.seq <= v.after ORDER BY i.seq`.execute(this.db)
    for (const { messageId } of rows)
      await this.deps.updateDelivery(this.deps.store, {
        orgId: visitor.orgId,
        externalId: externalIdOf(messageId),
        status: "read",
      })
  }

  /** Graceful stop: pages come back by themselves after a moment. */
  stop(): void {
    this.changes.stop()
    clearInterval(this.#tick)
    for (const socket of this.hub.all()) socket.end("restart")
  }

  async #showAgentRead(conversationId: string, at: Date): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      UPDATE visitors v SET agent_read_at = ${at} FROM conversations c
      WHERE c.id = ${conversationId} AND v.org_id = c.org_id AND v.customer_id = c.customer_id RETURNING v.id`.execute(
      this.db,
    )
    for (const { id } of rows) this.hub.wake(id)
  }

  async #showAgentTyping(conversationId: string, agentName: string, on: boolean): Promise<void> {
    const told = this.#toldTyping.get(conversationId)
    const now = this.clock.monotonic()
    if (told && told.on === on && now - told.at < typingPauseMs) return
    this.#toldTyping.set(conversationId, { at: now, on })
    const { rows } = await sql<{ orgId: string; customerId: string; entryPointId: string }>`
      SELECT c.org_id, c.customer_id, k.entry_point_id FROM conversations c
      JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id AND k.channel = 'chat' AND k.state <> 'ended'
      WHERE c.id = ${conversationId}`.execute(this.db)
    const row = rows[0]
    if (!row) return
    for (const id of await visitorsOf(this.db, row.orgId, row.customerId, row.entryPointId)) {
      for (const socket of this.hub.of(id)) socket.typing(agentName.split(" ")[0] ?? agentName, on)
    }
  }
}
