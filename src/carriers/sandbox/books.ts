import { type Kysely, sql } from "kysely"
import type { DB } from "../../store/tables.ts"

export type SandboxMessage = {
  orgId: string
  accountSid: string
  sid: string
  direction: "inbound" | "outbound-api"
  sender: string
  recipient: string
  body: string
  media: { sid: string; type: string; name: string }[]
  profileName: string | null
  status: string
  errorCode: number | null
  statusCallback: string | null
  createdAt: Date
}

export type SandboxNumber = {
  e164: string
  sid: string
  smsUrl: string
  smsFallbackUrl: string
  voiceUrl: string
  voiceFallbackUrl: string
  statusCallback: string
  createdAt: Date
}

/** What the imitation remembers, as a company would: apart from ours, without our events and locks. */

export async function insertMessage(db: Kysely<DB>, message: SandboxMessage): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO sandbox_carrier_messages (org_id, account_sid, sid, direction, sender, recipient, body, media, profile_name,
      status, error_code, status_callback, created_at)
    VALUES (${message.orgId}, ${message.accountSid}, ${message.sid}, ${message.direction}, ${message.sender}, ${message.recipient},
      ${message.body}, ${JSON.stringify(message.media)}::jsonb, ${message.profileName}, ${message.status}, ${message.errorCode},
      ${message.statusCallback}, ${message.createdAt})
    ON CONFLICT (org_id, account_sid, sid) DO NOTHING RETURNING 1`.execute(db)
  return rows.length > 0
}

export async function findMessage(db: Kysely<DB>, orgId: string, sid: string): Promise<SandboxMessage | null> {
  const { rows } = await sql<SandboxMessage>`
    SELECT * FROM sandbox_carrier_messages WHERE org_id = ${orgId} AND sid = ${sid}`.execute(db)
  return rows[0] ?? null
}

export type MessageFilter = {
  to: string | undefined
  from: string | undefined
  since: string | undefined
  until: string | undefined
  offset: number
  limit: number
}

export async function listMessages(
  db: Kysely<DB>,
  orgId: string,
  accountSid: string,
  filter: MessageFilter,
): Promise<SandboxMessage[]> {
  const { rows } = await sql<SandboxMessage>`
    SELECT * FROM sandbox_carrier_messages WHERE org_id = ${orgId} AND account_sid = ${accountSid}
      AND (${filter.to ?? null}::text IS NULL OR recipient = ${filter.to ?? null})
      AND (${filter.from ?? null}::text IS NULL OR sender = ${filter.from ?? null})
      AND (${filter.since ?? null}::text IS NULL OR created_at >= ${filter.since ?? null}::text::timestamptz)
      AND (${filter.until ?? null}::text IS NULL OR created_at < ${filter.until ?? null}::text::timestamptz + interval '1 day')
    ORDER BY created_at DESC, sid DESC LIMIT ${filter.limit} OFFSET ${filter.offset}`.execute(db)
  return rows
}

export async function setMessageStatus(
  db: Kysely<DB>,
  of: { orgId: string; sid: string },
  status: string,
  errorCode: number | null,
): Promise<void> {
  await sql`
    UPDATE sandbox_carrier_messages SET status = ${status}, error_code = ${errorCode}
    WHERE org_id = ${of.orgId} AND sid = ${of.sid}`.execute(db)
}

/** The last word that `sender` said to `recipient` about wanting messages. */
export async function lastInboundText(
  db: Kysely<DB>,
  orgId: string,
  pair: { sender: string; recipient: string; words: readonly string[] },
): Promise<string | null> {
  const { rows } = await sql<{ word: string }>`
    SELECT upper(trim(body)) AS word FROM sandbox_carrier_messages
    WHERE org_id = ${orgId} AND direction = 'inbound' AND sender = ${pair.sender} AND recipient = ${pair.recipient}
      AND upper(trim(body)) = ANY(${pair.words}) ORDER BY created_at DESC, sid DESC LIMIT 1`.execute(db)
  return rows[0]?.word ?? null
}

export async function insertMedia(
  db: Kysely<DB>,
  of: { orgId: string; accountSid: string },
  media: { sid: string; type: string; content: Buffer },
): Promise<void> {
  await sql`
    INSERT INTO sandbox_carrier_media (org_id, account_sid, sid, type, content)
    VALUES (${of.orgId}, ${of.accountSid}, ${media.sid}, ${media.type}, ${media.content}) ON CONFLICT DO NOTHING`.execute(
    db,
  )
}

export async function findMedia(
  db: Kysely<DB>,
  orgId: string,
  sid: string,
): Promise<{ type: string; content: Buffer } | null> {
  const { rows } = await sql<{ type: string; content: Buffer }>`
    SELECT type, content FROM sandbox_carrier_media WHERE org_id = ${orgId} AND sid = ${sid}`.execute(db)
  return rows[0] ?? null
}

export async function findNumber(
  db: Kysely<DB>,
  orgId: string,
  accountSid: string,
  key: { e164: string } | { sid: string },
): Promise<SandboxNumber | null> {
  const match = "sid" in key ? sql`sid = ${key.sid}` : sql`e164 = ${key.e164}`
  const { rows } = await sql<SandboxNumber>`
    SELECT * FROM sandbox_carrier_numbers WHERE org_id = ${orgId} AND account_sid = ${accountSid} AND ${match}`.execute(
    db,
  )
  return rows[0] ?? null
}

export async function listNumbers(db: Kysely<DB>, orgId: string, accountSid: string): Promise<SandboxNumber[]> {
  const { rows } = await sql<SandboxNumber>`
    SELECT * FROM sandbox_carrier_numbers WHERE org_id = ${orgId} AND account_sid = ${accountSid} ORDER BY created_at, e164`.execute(
    db,
  )
  return rows
}

export async function ensureNumber(
  db: Kysely<DB>,
  of: { orgId: string; accountSid: string },
  number: { e164: string; sid: string; at: Date },
): Promise<void> {
  await sql`
    INSERT INTO sandbox_carrier_numbers (org_id, account_sid, e164, sid, created_at)
    VALUES (${of.orgId}, ${of.accountSid}, ${number.e164}, ${number.sid}, ${number.at}) ON CONFLICT DO NOTHING`.execute(
    db,
  )
}

export async function updateNumber(
  db: Kysely<DB>,
  of: { orgId: string; accountSid: string; sid: string },
  set: Partial<SandboxNumber>,
): Promise<void> {
  await db
    .updateTable("sandboxCarrierNumbers")
    .set(set)
    .where("orgId", "=", of.orgId)
    .where("accountSid", "=", of.accountSid)
    .where("sid", "=", of.sid)
    .execute()
}

/** Numbers of this list that some organization here took already. */
export async function takenNumbers(db: Kysely<DB>, e164s: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ value: string; orgId: string }>`
    SELECT value, org_id FROM directory WHERE kind = 'phone_number' AND value = ANY(${e164s})`.execute(db)
  return new Map(rows.map((row) => [row.value, row.orgId]))
}
