import { type Kysely, sql } from "kysely"
import type { OwnedNumber } from "../../carriers/carrier.ts"
import type { NumberType, NumberUse, PhoneNumber } from "../../core/carriers/phone-number.ts"
import type { Person } from "../../core/people/person.ts"
import { defaultWorkflowSettings, WorkflowSettings } from "../../core/workflow/settings.ts"
import { newId } from "../../ids.ts"
import { type Problem, problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import type { Tx } from "../../store/write.ts"

export type NumberFilter = {
  id?: string
  setup?: readonly string[] | undefined
  sms?: readonly string[] | undefined
  type?: readonly string[] | undefined
  capability?: "voice" | "sms" | "mms" | undefined
  q?: string | undefined
  afterId?: string | null
  limit?: number
}

type Row = Omit<PhoneNumber, "purchasedAt" | "compliance" | "smsToday" | "initialIvrName" | "queueIvrName"> & {
  purchasedAt: Date | null
  complianceStatus: PhoneNumber["compliance"]["status"]
  registrationId: string | null
  verificationId: string | null
  complianceReason: string | null
  sentToday: number
  settings: unknown
}

const daySeconds = 86_400

/** Numbers of an organization as the API shows them, in the order of their ids. */
export async function readNumbers(
  db: Kysely<DB>,
  orgId: string,
  now: Date,
  filter: NumberFilter,
): Promise<PhoneNumber[]> {
  const since = new Date(now.getTime() - daySeconds * 1000)
  const anyOf = (column: string, values: readonly string[] | undefined) =>
    values ? sql`AND n.${sql.raw(column)} = ANY(${values})` : sql``
  const { rows } = await sql<Row>`
    SELECT n.id, n.e164, n.country, n.type, n.city, n.region, n.capabilities, n.origin, n.carrier_account_id, n.external_id,
      n.monthly_fee, n.purchased_at, n.purchased_by, n.voice, n.sms, n.setup, n.initial_ivr_id, n.queue_ivr_id,
      n.queue_ivr_wait_seconds, n.queue_music_id, n.hold_music_id, n.compliance_status, n.registration_id, n.verification_id,
      n.compliance_reason, n.help_text, n.opt_out_text, n.version,
      ARRAY(SELECT e.id FROM entry_points e WHERE e.org_id = n.org_id AND e.phone_number_id = n.id AND e.status <> 'deleted'
        ORDER BY e.created_at, e.id) AS entry_point_ids,
      (SELECT count(*)::int FROM messages m JOIN entry_points e ON e.org_id = m.org_id AND e.id = m.entry_point_id
        WHERE m.org_id = n.org_id AND e.phone_number_id = n.id AND m.channel = 'sms' AND m.direction = 'outbound'
          AND m.sent_at > ${since}) AS sent_today,
      (SELECT settings FROM workflow_settings w WHERE w.org_id = n.org_id) AS settings
    FROM phone_numbers n
    WHERE n.org_id = ${orgId} AND n.released_at IS NULL
      ${filter.id === undefined ? sql`` : sql`AND n.id = ${filter.id}`}
      ${anyOf("setup", filter.setup)} ${anyOf("sms", filter.sms)} ${anyOf("type", filter.type)}
      ${filter.capability ? sql`AND (n.capabilities->>${filter.capability})::boolean` : sql``}
      ${filter.q ? sql`AND (position(${digitsOf(filter.q)} in n.e164) > 0 OR n.city ILIKE ${`%${filter.q}%`})` : sql``}
      ${filter.afterId ? sql`AND n.id > ${filter.afterId}` : sql``}
    ORDER BY n.id ${filter.limit === undefined ? sql`` : sql`LIMIT ${filter.limit}`}`.execute(db)
  return rows.map(show)
}

function show(row: Row): PhoneNumber {
  const {
    complianceStatus,
    registrationId,
    verificationId,
    complianceReason,
    sentToday,
    settings,
    purchasedAt,
    ...rest
  } = row
  const kind = row.type === "toll_free" ? "toll_free" : row.type === "local" ? "a2p_10dlc" : "none"
  const workflow = WorkflowSettings.safeParse(settings)
  const cap = (workflow.success ? workflow.data : defaultWorkflowSettings).tollFreeDailyCap
  return {
    ...rest,
    purchasedAt: purchasedAt?.toISOString() ?? null,
    purchasedBy: row.purchasedBy as Person | null,
    initialIvrName: null,
    queueIvrName: null,
    compliance: { kind, status: complianceStatus, registrationId, verificationId, reason: complianceReason },
    smsToday: { sent: sentToday, cap: kind === "toll_free" && complianceStatus !== "approved" ? cap : null },
  }
}

export type Adopted = {
  owned: OwnedNumber
  carrierAccountId: string
  origin: "adopted" | "ported" | "forwarded"
  country: string
  type: NumberType
}

/** A number that the account owns becomes ours. Unique on the server: 409 `number_owned`. */
export async function insertNumber(
  tx: Tx,
  { owned, carrierAccountId, origin, country, type }: Adopted,
): Promise<string> {
  const id = newId()
  const taken = await sql`
    INSERT INTO directory (kind, value, org_id, id) VALUES ('phone_number', ${owned.e164}, ${tx.orgId}, ${id})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(tx.db)
  if (taken.rows.length === 0) throw await numberOwned(tx.db, tx.orgId, owned.e164)
  await tx.db
    .insertInto("phoneNumbers")
    .values({
      orgId: tx.orgId,
      id,
      e164: owned.e164,
      country,
      type,
      capabilities: JSON.stringify(owned.capabilities),
      origin,
      carrierAccountId,
      externalId: owned.externalId,
      // What an organization owned before, and the sandbox's own, is registered at its carrier (spec 10.3).
      complianceStatus: "approved",
      hooksSetAt: tx.now,
      createdAt: tx.now,
    })
    .execute()
  const after = { e164: owned.e164, country, type, origin, carrierAccountId, capabilities: owned.capabilities }
  tx.event("phone_number.added", { phoneNumberId: id, before: null, after })
  tx.audit({ entityType: "phone_number", entityId: id, entityName: owned.e164, action: "added", after })
  return id
}

/** The id only where the number is the caller's own. */
export async function numberOwned(db: Kysely<DB>, orgId: string, e164: string): Promise<Problem> {
  const { rows } = await sql<{ id: string; orgId: string }>`
    SELECT id, org_id FROM directory WHERE kind = 'phone_number' AND value = ${e164}`.execute(db)
  const own = rows[0]?.orgId === orgId ? { phoneNumberId: rows[0].id } : {}
  return problem("number_owned", { pointer: "#/e164", ...own })
}

export async function isNumberOwned(db: Kysely<DB>, e164: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM directory WHERE kind = 'phone_number' AND value = ${e164}`.execute(db)
  return rows.length > 0
}

/** What would change if the number went: its entry points and their exceptions. */
export async function readUses(db: Kysely<DB>, orgId: string, id: string): Promise<NumberUse[]> {
  const { rows } = await sql<NumberUse>`
    SELECT 'entry_point' AS kind, e.id, e.channel || ' ' || e.display_name AS name FROM entry_points e
    WHERE e.org_id = ${orgId} AND e.phone_number_id = ${id} AND e.status <> 'deleted'
    UNION ALL
    SELECT 'exception', e.id, i.name FROM entry_points e
    JOIN entry_point_exceptions x ON x.org_id = e.org_id AND x.entry_point_id = e.id
    JOIN inboxes i ON i.org_id = x.org_id AND i.id = x.inbox_id
    WHERE e.org_id = ${orgId} AND e.phone_number_id = ${id} AND e.status <> 'deleted'`.execute(db)
  return rows
}

function digitsOf(text: string): string {
  return text.replace(/[^\d+]/g, "") || text
}
