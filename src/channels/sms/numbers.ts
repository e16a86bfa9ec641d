import { type Kysely, sql } from "kysely"
import type { Clock } from "../../clock.ts"
import type { DB } from "../../store/tables.ts"

/** A number of ours that takes text messages. */
export type SmsNumber = { phoneNumberId: string; entryPointId: string; e164: string; carrierAccountId: string }

/** Which of our numbers takes text messages. What it remembers is at most a second old. */
export interface SmsNumbers {
  /** Null: not ours, or text messages are off. */
  find(orgId: string, e164: string): Promise<SmsNumber | null>
  forget(orgId: string, e164: string): void
  /** A message that came for a number whose text messages are off: it stays dropped if they are switched on soon after. */
  drop(orgId: string, externalId: string): void
  wasDropped(orgId: string, externalId: string): boolean
}

const freshMs = 1_000
const rememberedMax = 10_000

export function createSmsNumbers(db: Kysely<DB>, clock: Clock): SmsNumbers {
  const remembered = new Map<string, { at: number; found: Promise<SmsNumber | null> }>()
  const dropped = new Set<string>()
  return {
    drop(orgId, externalId) {
      if (dropped.size >= rememberedMax) dropped.clear()
      dropped.add(`${orgId} ${externalId}`)
    },
    wasDropped: (orgId, externalId) => dropped.has(`${orgId} ${externalId}`),
    forget: (orgId, e164) => void remembered.delete(`${orgId} ${e164}`),
    find(orgId, e164) {
      const key = `${orgId} ${e164}`
      const now = clock.monotonic()
      const before = remembered.get(key)
      if (before && now - before.at < freshMs) return before.found
      if (remembered.size >= rememberedMax) remembered.clear()
      const found = read(db, orgId, e164)
      remembered.set(key, { at: now, found })
      found.catch(() => remembered.delete(key))
      return found
    },
  }
}

async function read(db: Kysely<DB>, orgId: string, e164: string): Promise<SmsNumber | null> {
  const { rows } = await sql<SmsNumber>`
    SELECT n.id AS phone_number_id, e.id AS entry_point_id, n.e164, n.carrier_account_id
    FROM phone_numbers n
    JOIN entry_points e ON e.org_id = n.org_id AND e.phone_number_id = n.id AND e.channel = 'sms' AND e.status = 'active'
    WHERE n.org_id = ${orgId} AND n.e164 = ${e164} AND n.released_at IS NULL AND n.sms = 'active'`.execute(db)
  return rows[0] ?? null
}
