import { type Kysely, sql } from "kysely"
import type { CarrierAccount as ShownAccount } from "../core/carriers/carrier-account.ts"
import { newId, newSecret } from "../ids.ts"
import type { Keys } from "../keys.ts"
import { problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"
import type { CarrierName, NumberHooks } from "./carrier.ts"
import { newSid } from "./sandbox/sid.ts"

export type StoredAccount = {
  id: string
  carrier: CarrierName
  name: string
  accountSid: string
  /** Sealed. */
  authToken: string
  baseUrl: string | null
  status: ShownAccount["status"]
  checkedAt: Date | null
  createdAt: Date
  updatedAt: Date | null
  updatedBy: unknown
  version: number
}

export async function readAccounts(db: Kysely<DB>, orgId: string, id?: string): Promise<StoredAccount[]> {
  const { rows } = await sql<StoredAccount>`
    SELECT id, carrier, name, account_sid, auth_token, base_url, status, checked_at, created_at, updated_at, updated_by, version
    FROM carrier_accounts WHERE org_id = ${orgId} AND (${id ?? null}::uuid IS NULL OR id = ${id ?? null})
    ORDER BY created_at, id`.execute(db)
  return rows
}

/** With the row locked, for a change. */
export async function lockAccount(tx: Tx, id: string): Promise<StoredAccount> {
  await sql`SELECT 1 FROM carrier_accounts WHERE org_id = ${tx.orgId} AND id = ${id} FOR UPDATE`.execute(tx.db)
  const [account] = await readAccounts(tx.db, tx.orgId, id)
  if (!account) throw problem("not_found")
  return account
}

export type AccountSettings = Pick<
  StoredAccount,
  "carrier" | "name" | "accountSid" | "authToken" | "baseUrl" | "status" | "checkedAt"
>

export async function insertAccount(tx: Tx, settings: AccountSettings): Promise<string> {
  const id = newId()
  await tx.db
    .insertInto("carrierAccounts")
    .values({ orgId: tx.orgId, id, ...settings, createdAt: tx.now, createdBy: JSON.stringify(tx.actor) })
    .execute()
  const after = audited(settings)
  tx.event("carrier_account.added", { carrierAccountId: id, before: null, after })
  tx.audit({ entityType: "carrier_account", entityId: id, entityName: settings.name, action: "added", after })
  return id
}

export async function updateAccount(tx: Tx, before: StoredAccount, settings: AccountSettings): Promise<void> {
  await tx.db
    .updateTable("carrierAccounts")
    .set({ ...settings, version: before.version + 1, updatedAt: tx.now, updatedBy: JSON.stringify(tx.actor) })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", before.id)
    .execute()
  const change = { before: audited(before), after: audited(settings) }
  tx.event("carrier_account.updated", { carrierAccountId: before.id, ...change })
  tx.audit({
    entityType: "carrier_account",
    entityId: before.id,
    entityName: settings.name,
    action: "updated",
    ...change,
  })
}

/** 409 `carrier_in_use` while one of our numbers lives on it. */
export async function deleteAccount(tx: Tx, account: StoredAccount): Promise<void> {
  const used = await sql`
    SELECT 1 FROM phone_numbers WHERE org_id = ${tx.orgId} AND carrier_account_id = ${account.id} LIMIT 1`.execute(
    tx.db,
  )
  if (used.rows.length > 0) throw problem("carrier_in_use")
  await tx.db.deleteFrom("carrierAccounts").where("orgId", "=", tx.orgId).where("id", "=", account.id).execute()
  tx.event("carrier_account.removed", { carrierAccountId: account.id, before: audited(account), after: null })
  tx.audit({
    entityType: "carrier_account",
    entityId: account.id,
    entityName: account.name,
    action: "removed",
    before: audited(account),
  })
}

/** What makes a new organization's own account at the sandbox: hand it to `createOrganization`. */
export function onOrganizationCreated(keys: Keys): (tx: Tx, orgId: string) => Promise<void> {
  return async (tx) => void (await insertAccount(tx, sandboxSettings(keys, "Sandbox", tx.now)))
}

export function sandboxSettings(keys: Keys, name: string, now: Date): AccountSettings {
  const authToken = keys.seal(newSecret(24))
  return {
    carrier: "sandbox",
    name,
    accountSid: newSid("AC"),
    authToken,
    baseUrl: null,
    status: "active",
    checkedAt: now,
  }
}

export function showAccount(account: StoredAccount, publicUrl: string): ShownAccount {
  const { messages, statuses: messageStatuses, fallback } = hookUrlsOf(account.id, publicUrl)
  return {
    id: account.id,
    carrier: account.carrier,
    name: account.name,
    accountSid: account.accountSid,
    baseUrl: account.baseUrl,
    status: account.status,
    checkedAt: account.checkedAt?.toISOString() ?? null,
    hookUrls: { messages, messageStatuses, fallback },
    createdAt: account.createdAt.toISOString(),
    version: account.version,
  }
}

export function hookUrlsOf(accountId: string, publicUrl: string): NumberHooks {
  const root = `${publicUrl}/hooks/twilio/${accountId}`
  return { messages: `${root}/messages`, statuses: `${root}/message-statuses`, fallback: `${root}/fallback` }
}

/** Without the token. */
function audited({ carrier, name, accountSid, baseUrl }: AccountSettings): object {
  return { carrier, name, accountSid, baseUrl }
}
