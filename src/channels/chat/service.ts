import { type Kysely, sql } from "kysely"
import type { Clock } from "../../clock.ts"
import { chance } from "../../ids.ts"
import type { Intake, StoredFile } from "../../intake/inbound-event.ts"
import type { Keys } from "../../keys.ts"
import type { Bus } from "../../store/bus.ts"
import type { DB } from "../../store/tables.ts"
import type { Store } from "../../store/write.ts"
import type { Channel } from "../channel.ts"
import { VisitorHub } from "./hub.ts"
import { type Accepted, type ChatMessage, takeChatMessage } from "./inbound.ts"
import { numberItems, type VisitorItem, visitorsOf } from "./items.ts"
import { sendChat } from "./outbound.ts"
import { findVisitor, type LiveChatApp, type Profile, type Visitor } from "./visitors.ts"

export type ChatDeps = {
  store: Store
  bus: Bus
  keys: Keys
  intake: Intake
  publicUrl: string
  unlimited: boolean
  /** What the far side says of a delivery of ours. */
  updateDelivery: (store: Store, told: { orgId: string; externalId: string; status: "delivered" | "read" }) => Promise<unknown>
  /** The customer writes: agents who look at the conversation see it. */
  showTyping: (orgId: string, conversationId: string, person: { id: string | null; name: string }, on: boolean) => void
  /** Ends the chat contact from the customer's side. */
  endContact: (orgId: string, conversationId: string) => Promise<void>
  sendTranscript: (orgId: string, to: string, subject: string, text: string) => Promise<void>
  fileUrl: (app: LiveChatApp, visitor: Visitor, attachmentId: string) => string
  onError(error: unknown): void
}

const wakeMs = 40

/** Chat: the Channel, and what its sockets share. */
export class ChatService implements Channel {
  readonly name = "chat"
  readonly hub = new VisitorHub()
  readonly deps: ChatDeps
  readonly #unsubscribe: () => void
  readonly #due = new Set<string>()
  #handle: NodeJS.Timeout | null = null
  readonly typing: NonNullable<Channel["typing"]>

  constructor(deps: ChatDeps) {
    this.deps = deps
    this.#unsubscribe = deps.bus.subscribe(({ orgId }) => this.#wakeSoon(orgId))
    this.typing = { show: (conversationId, agentName, on) => void this.#showAgentTyping(conversationId, agentName, on).catch(deps.onError) }
  }

  get db(): Kysely<DB> {
    return this.deps.store.db
  }

  get clock(): Clock {
    return this.deps.store.clock
  }

  get unlimited(): boolean {
    return this.deps.unlimited
  }

  onError(error: unknown): void {
    this.deps.onError(error)
  }

  chance(): number {
    return chance()
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
    return this.deps.fileUrl(app, visitor, attachmentId)
  }

  /** Uploads of this visitor that no message has used yet; null where one is missing. */
  async takeUploads(visitor: Visitor, ids: readonly string[]): Promise<StoredFile[] | null> {
    if (ids.length === 0) return []
    const { rows } = await sql<{ id: string; sha256: string; name: string; type: string; sizeBytes: number }>`
      SELECT id, sha256, name, type, size_bytes FROM attachments
      WHERE org_id = ${visitor.orgId} AND id = ANY(${[...ids]}::uuid[]) AND uploaded_by->>'id' = ${visitor.id} AND message_id IS NULL`.execute(this.db)
    const byId = new Map(rows.map((row) => [row.id, row]))
    const files = ids.flatMap((id) => byId.get(id) ?? [])
    return files.length === ids.length ? files.map(({ sha256, name, type, sizeBytes }) => ({ sha256, name, type, sizeBytes })) : null
  }

  /** What the visitor says of himself: kept for the next message and shown as unverified. */
  async saveProfile(visitor: Visitor, given: { name?: string | null | undefined; email?: string | null | undefined; phone?: string | null | undefined }): Promise<void> {
    const profile: Profile = { ...visitor.profile }
    for (const key of ["name", "email", "phone"] as const) {
      const value = given[key]?.trim()
      if (value) profile[key] = value
    }
    visitor.profile = profile
    await this.db.updateTable("visitors").set({ profile: JSON.stringify(profile) }).where("orgId", "=", visitor.orgId).where("id", "=", visitor.id).execute()
    if (visitor.customerId === null || visitor.externalId !== null) return
    const { customerId } = visitor
    await this.deps.store.write({ orgId: visitor.orgId, kind: "intake" }, async (tx) => {
      if (profile.name) {
        await tx.db.updateTable("customers").set((eb) => ({ name: profile.name ?? null, version: eb("version", "+", 1) })).where("orgId", "=", tx.orgId).where("id", "=", customerId).where("name", "is", null).execute()
      }
      for (const [kind, value] of [["email", profile.email?.toLowerCase()], ["phone", profile.phone]] as const) {
        if (!value) continue
        await tx.db.insertInto("addressClaims").values({ orgId: tx.orgId, customerId, kind, value, claimedAt: tx.now }).onConflict((conflict) => conflict.doNothing()).execute()
      }
      tx.event("customer.updated", { customerId })
    })
  }

  async savePage(visitor: Visitor, page: { url: string; title?: string | undefined; referrer?: string | undefined }): Promise<void> {
    await this.db.updateTable("visitors").set({ page: JSON.stringify(page), seenAt: this.clock.now() }).where("orgId", "=", visitor.orgId).where("id", "=", visitor.id).execute()
  }

  visitorTyping(visitor: Visitor, conversationId: string | null, on: boolean): void {
    if (conversationId) this.deps.showTyping(visitor.orgId, conversationId, { id: visitor.customerId, name: visitor.profile.name ?? "" }, on)
  }

  async markDelivered(visitor: Visitor, items: readonly VisitorItem[]): Promise<void> {
    for (const item of items) if (item.from === "agent") await this.deps.updateDelivery(this.deps.store, { orgId: visitor.orgId, externalId: `chat:${item.id}`, status: "delivered" })
  }

  async markRead(visitor: Visitor, seq: number): Promise<void> {
    const { rows } = await sql<{ messageId: string }>`
      WITH v AS (
        UPDATE visitors n SET read_seq = greatest(n.read_seq, least(${seq}::bigint, n.last_seq)) FROM visitors o
        WHERE n.org_id = ${visitor.orgId} AND n.id = ${visitor.id} AND o.org_id = n.org_id AND o.id = n.id
        RETURNING o.read_seq AS before, n.read_seq AS after)
      SELECT i.message_id FROM visitor_items i, v WHERE i.org_id = ${visitor.orgId} AND i.visitor_id = ${visitor.id}
        AND i.sender = 'agent' AND i.seq > v.before AND i.seq <= v.after AND i.message_id IS NOT NULL ORDER BY i.seq`.execute(this.db)
    for (const { messageId } of rows) await this.deps.updateDelivery(this.deps.store, { orgId: visitor.orgId, externalId: `chat:${messageId}`, status: "read" })
  }

  /** An agent has read the conversation: its visitors are told. */
  async agentRead(orgId: string, conversationId: string, at: Date): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      UPDATE visitors v SET agent_read_at = ${at} FROM conversations c
      WHERE c.org_id = ${orgId} AND c.id = ${conversationId} AND v.org_id = c.org_id AND v.customer_id = c.customer_id RETURNING v.id`.execute(this.db)
    for (const { id } of rows) this.hub.wake(id)
  }

  /** Graceful stop: pages come back by themselves after a moment. */
  stop(): void {
    this.#unsubscribe()
    if (this.#handle) clearTimeout(this.#handle)
    for (const socket of this.hub.all()) socket.end("restart")
  }

  #wakeSoon(orgId: string): void {
    if (this.hub.size === 0) return
    this.#due.add(orgId)
    this.#handle ??= setTimeout(() => {
      this.#handle = null
      const due = [...this.#due]
      this.#due.clear()
      for (const one of due) this.hub.wakeOrganization(one)
    }, wakeMs)
  }

  async #showAgentTyping(conversationId: string, agentName: string, on: boolean): Promise<void> {
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
