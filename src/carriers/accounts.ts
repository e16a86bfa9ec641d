import { type Kysely, sql } from "kysely"
import type { Clock } from "../clock.ts"
import type { Keys } from "../keys.ts"
import type { DB } from "../store/tables.ts"
import type { Carrier, CarrierAccount, CarrierName } from "./carrier.ts"
import { twilioBaseUrl } from "./twilio/carrier.ts"

type AccountRow = {
  orgId: string
  id: string
  carrier: CarrierName
  accountSid: string
  authToken: string
  baseUrl: string | null
}

export type OpenAccount = { account: CarrierAccount; carrier: Carrier }

export interface Accounts {
  /** By id alone, as a hook names it: the organization comes from the row. Up to a second old. */
  find(id: string): Promise<OpenAccount | null>
  get(orgId: string, id: string): Promise<OpenAccount | null>
  /** Of all organizations. */
  all(): Promise<OpenAccount[]>
  /** An account as it would be with these settings, for trying them before they are stored. */
  open(row: AccountRow): OpenAccount
  /** What `find` remembers of it is out of date. */
  forget(id: string): void
}

const freshMs = 1_000
const rememberedMax = 10_000

/** Carrier accounts with their secrets opened and the adapter that speaks to each. */
export function createAccounts(deps: {
  db: Kysely<DB>
  clock: Clock
  keys: Keys
  carriers: { readonly [name in CarrierName]: Carrier }
  /** Where this process runs the imitation. */
  sandboxUrl: () => string
}): Accounts {
  const { db, clock, keys, carriers } = deps
  const remembered = new Map<string, { at: number; found: Promise<OpenAccount | null> }>()

  function open(row: AccountRow): OpenAccount {
    const sandbox = row.carrier === "sandbox"
    const account = {
      orgId: row.orgId,
      id: row.id,
      carrier: row.carrier,
      accountSid: row.accountSid,
      authToken: row.authToken,
      baseUrl: sandbox ? deps.sandboxUrl() : (row.baseUrl?.replace(/\/+$/, "") ?? twilioBaseUrl),
      ownFarEnd: sandbox,
    }
    return { account, carrier: carriers[row.carrier] }
  }

  const opened = (row: AccountRow) => open({ ...row, authToken: keys.open(row.authToken) })
  const columns = sql`org_id, id, carrier, account_sid, auth_token, base_url`

  async function read(id: string): Promise<OpenAccount | null> {
    const { rows } = await sql<AccountRow>`SELECT ${columns} FROM carrier_accounts WHERE id = ${id}`.execute(db)
    return rows[0] ? opened(rows[0]) : null
  }

  return {
    open,
    forget: (id) => void remembered.delete(id),
    find(id) {
      const now = clock.monotonic()
      const before = remembered.get(id)
      if (before && now - before.at < freshMs) return before.found
      if (remembered.size >= rememberedMax) remembered.clear()
      const found = read(id)
      remembered.set(id, { at: now, found })
      found.catch(() => remembered.delete(id))
      return found
    },
    async get(orgId, id) {
      const { rows } = await sql<AccountRow>`
        SELECT ${columns} FROM carrier_accounts WHERE org_id = ${orgId} AND id = ${id}`.execute(db)
      return rows[0] ? opened(rows[0]) : null
    },
    async all() {
      const { rows } = await sql<AccountRow>`SELECT ${columns} FROM carrier_accounts ORDER BY id`.execute(db)
      return rows.map(opened)
    },
  }
}
