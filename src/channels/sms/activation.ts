import { sql } from "kysely"
import { beginEntryPoint, endEntryPoint } from "../../entry-points/begin.ts"
import { problem } from "../../problem.ts"
import type { Tx } from "../../store/write.ts"

type NumberRow = {
  e164: string
  sms: string
  capabilities: { sms: boolean }
  helpText: string | null
  optOutText: string | null
  entryPointId: string | null
}

export type SmsTexts = { helpText: string | null; optOutText: string | null }

/**
 * Text messages on: the number is an SMS entry point from now on (S28). Repeatable; a text that is not named stays as it
 * is. Answers the entry point's id.
 */
export async function activateSms(tx: Tx, phoneNumberId: string, texts: Partial<SmsTexts>): Promise<string> {
  const number = await lockNumber(tx, phoneNumberId)
  if (!number.capabilities.sms) throw problem("capability_missing")
  if (number.sms === "deactivated_on_request") throw problem("sms_deactivated_on_request")
  const address = number.e164
  const entryPointId =
    number.entryPointId ??
    (await beginEntryPoint(tx, { channel: "sms", kind: "phone", address, displayName: address, phoneNumberId }))
  const before = { sms: number.sms, helpText: number.helpText, optOutText: number.optOutText }
  await change(tx, { phoneNumberId, e164: address }, before, { ...before, sms: "active", ...texts })
  return entryPointId
}

/** Text messages off: the entry point ends with its exception, history stays. Answers the id of the last one, null where there never was one. */
export async function deactivateSms(tx: Tx, phoneNumberId: string): Promise<string | null> {
  const number = await lockNumber(tx, phoneNumberId)
  if (number.entryPointId) await endEntryPoint(tx, number.entryPointId)
  const texts = { helpText: number.helpText, optOutText: number.optOutText }
  if (number.sms === "active")
    await change(tx, { phoneNumberId, e164: number.e164 }, { sms: "active", ...texts }, { sms: "inactive", ...texts })
  return number.entryPointId ?? (await lastEntryPoint(tx, phoneNumberId))
}

async function lastEntryPoint(tx: Tx, phoneNumberId: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM entry_points WHERE org_id = ${tx.orgId} AND phone_number_id = ${phoneNumberId} AND channel = 'sms'
    ORDER BY created_at DESC, id DESC LIMIT 1`.execute(tx.db)
  return rows[0]?.id ?? null
}

async function lockNumber(tx: Tx, id: string): Promise<NumberRow> {
  const { rows } = await sql<NumberRow>`
    SELECT n.e164, n.sms, n.capabilities, n.help_text, n.opt_out_text,
      (SELECT e.id FROM entry_points e WHERE e.org_id = n.org_id AND e.phone_number_id = n.id AND e.channel = 'sms'
        AND e.status <> 'deleted' LIMIT 1) AS entry_point_id
    FROM phone_numbers n WHERE n.org_id = ${tx.orgId} AND n.id = ${id} AND n.released_at IS NULL FOR UPDATE`.execute(
    tx.db,
  )
  if (!rows[0]) throw problem("not_found")
  return rows[0]
}

type State = { sms: string } & SmsTexts

async function change(
  tx: Tx,
  number: { phoneNumberId: string; e164: string },
  before: State,
  after: State,
): Promise<void> {
  if (before.sms === after.sms && before.helpText === after.helpText && before.optOutText === after.optOutText) return
  const { phoneNumberId } = number
  await sql`
    UPDATE phone_numbers SET sms = ${after.sms}, help_text = ${after.helpText}, opt_out_text = ${after.optOutText},
      version = version + 1, updated_at = ${tx.now}, updated_by = ${JSON.stringify(tx.actor)}::jsonb
    WHERE org_id = ${tx.orgId} AND id = ${phoneNumberId}`.execute(tx.db)
  tx.event("phone_number.updated", { phoneNumberId, before, after })
  tx.audit({
    entityType: "phone_number",
    entityId: phoneNumberId,
    entityName: number.e164,
    action: "updated",
    before,
    after,
  })
}
