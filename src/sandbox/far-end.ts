import { EventEmitter, once } from "node:events"
import { sql } from "kysely"
import type { Clock } from "../clock.ts"
import type { ChannelName } from "../core/channels.ts"
import { newId } from "../ids.ts"
import type { Keys } from "../keys.ts"
import type { Store } from "../store/write.ts"

export type FarEndFile = { name: string; type: string; sizeBytes: number; sha256: string }

/** What a customer of the sandbox receives. */
export type FarEndMessage = {
  /** Null for invitations, resets and notification mails. */
  messageId: string | null
  deliveryId?: string | null
  channel: ChannelName
  from: string | null
  /** One delivery is recorded for each address. */
  to: readonly string[]
  text: string
  html?: string | null
  subject?: string | null
  headers?: Readonly<Record<string, string>>
  files?: readonly FarEndFile[]
  /** The far end's own id, by which states are told; made when absent. The same one is recorded once. */
  externalId?: string
}

export type FarEndDelivery = {
  id: string
  externalId: string
  messageId: string | null
  deliveryId: string | null
  channel: string
  fromAddress: string | null
  toAddress: string
  text: string
  html: string | null
  subject: string | null
  headers: Record<string, string>
  attachments: FarEndFile[]
  at: Date
}

/**
 * The customers' side of everything that must not leave: conversations marked `test`, and mail without a relay. As
 * the outside world it is written without the events and locks of ours.
 */
export interface FarEnd {
  record(orgId: string, message: FarEndMessage): Promise<{ externalId: string }>
  /** What became of a delivery whose answer was lost. */
  find(orgId: string, deliveryId: string): Promise<{ externalId: string } | null>
  get(orgId: string, id: string): Promise<FarEndDelivery | null>
  /** Oldest first. With `waitSeconds`, answers as soon as there is one. */
  list(orgId: string, filter: FarEndFilter): Promise<FarEndDelivery[]>
}

/** `customersOnly`: without our own mails to users, whose links let people in. */
export type FarEndFilter = {
  customersOnly?: boolean
  address?: string | undefined
  afterId?: string | undefined
  afterAt?: Date | undefined
  limit: number
  waitSeconds?: number
}

const pollMs = 500

export function createFarEnd(deps: { store: Store; clock: Clock; keys: Keys }): FarEnd {
  const { store, clock, keys } = deps
  const arrivals = new EventEmitter()
  arrivals.setMaxListeners(0)

  async function record(orgId: string, message: FarEndMessage): Promise<{ externalId: string }> {
    const externalId = message.externalId ?? `sandbox-${newId()}`
    // Links in our own mails let people in: the database holds them sealed only.
    const seal = (text: string) => (message.messageId === null ? keys.seal(text) : text)
    for (const to of message.to) {
      await sql`
        INSERT INTO sandbox_deliveries (org_id, id, external_id, message_id, delivery_id, channel, from_address, to_address,
          text, html, subject, headers, attachments, at)
        VALUES (${orgId}, ${newId()}, ${externalId}, ${message.messageId}, ${message.deliveryId ?? null}, ${message.channel},
          ${message.from}, ${to.toLowerCase()}, ${seal(message.text)}, ${message.html ? seal(message.html) : null}, ${message.subject ?? null},
          ${JSON.stringify(message.headers ?? {})}::jsonb, ${JSON.stringify(message.files ?? [])}::jsonb, ${clock.now()})
        ON CONFLICT (org_id, external_id, to_address) DO NOTHING`.execute(store.db)
    }
    arrivals.emit(orgId)
    return { externalId }
  }

  async function read(orgId: string, filter: FarEndFilter): Promise<FarEndDelivery[]> {
    let query = store.db.selectFrom("sandboxDeliveries").selectAll().where("orgId", "=", orgId)
    if (filter.customersOnly) query = query.where("messageId", "is not", null)
    if (filter.address !== undefined) query = query.where("toAddress", "=", filter.address.toLowerCase())
    if (filter.afterId !== undefined) query = query.where("id", ">", filter.afterId)
    if (filter.afterAt !== undefined) query = query.where("at", ">", filter.afterAt)
    const rows = await query.orderBy("id").limit(filter.limit).execute()
    return rows.map(opened)
  }

  function opened(row: FarEndRow): FarEndDelivery {
    const { attachments, headers, ...rest } = row
    const open = (text: string) => (row.messageId === null ? keys.open(text) : text)
    return {
      ...rest,
      text: open(row.text),
      html: row.html ? open(row.html) : null,
      headers: headers as Record<string, string>,
      attachments: attachments as FarEndFile[],
    }
  }

  return {
    record,
    find: async (orgId, deliveryId) =>
      (await store.db
        .selectFrom("sandboxDeliveries")
        .select("externalId")
        .where("orgId", "=", orgId)
        .where("deliveryId", "=", deliveryId)
        .executeTakeFirst()) ?? null,
    get: async (orgId, id) => {
      const row = await store.db
        .selectFrom("sandboxDeliveries")
        .selectAll()
        .where("orgId", "=", orgId)
        .where("id", "=", id)
        .executeTakeFirst()
      return row ? opened(row) : null
    },
    async list(orgId, filter) {
      const endsAt = clock.monotonic() + (filter.waitSeconds ?? 0) * 1000
      for (;;) {
        const rows = await read(orgId, filter)
        const leftMs = endsAt - clock.monotonic()
        if (rows.length > 0 || leftMs <= 0) return rows
        // Another process may have recorded it: the emitter is a hint, the table the truth.
        const signal = AbortSignal.timeout(Math.ceil(Math.min(pollMs, leftMs)))
        await once(arrivals, orgId, { signal }).catch(() => undefined)
      }
    },
  }
}

type FarEndRow = Omit<FarEndDelivery, "attachments" | "headers"> & { attachments: unknown; headers: unknown }
