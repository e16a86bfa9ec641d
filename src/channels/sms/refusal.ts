import { type Kysely, sql } from "kysely"
import { type Problem, problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import { isOptedOut } from "./opt-out.ts"

type NumberRow = {
  id: string
  type: string
  sms: string
  origin: string
  complianceStatus: string
  capabilities: { sms: boolean; mms: boolean }
  timeZone: string
}

/** Text messages a day from a toll-free number that is not verified (spec 10.3). */
export const unverifiedTollFreeCap = 50

export type SmsSending = { entryPointId: string; customerAddress: string; withFiles?: boolean; now: Date }

/** Why a text message may not be sent, as the problem to throw (409); null where it may. */
export async function smsRefusal(db: Kysely<DB>, orgId: string, sending: SmsSending): Promise<Problem | null> {
  const number = await numberOf(db, orgId, sending.entryPointId)
  if (!number) return problem("capability_missing", {}, "The number no longer sends text messages. Choose another number.")
  const { customerAddress } = sending
  if (await isOptedOut(db, orgId, { phoneNumberId: number.id, customerAddress })) return problem("opted_out", { customerAddress, phoneNumberId: number.id })
  if (number.sms === "deactivated_on_request") return problem("sms_deactivated_on_request", { phoneNumberId: number.id })
  if (number.sms !== "active" || !number.capabilities.sms || (sending.withFiles && !number.capabilities.mms)) {
    return problem("capability_missing", { phoneNumberId: number.id })
  }
  if (number.origin !== "purchased" || number.complianceStatus === "approved") return null
  if (number.type !== "toll_free") return problem("number_not_registered", { phoneNumberId: number.id, status: number.complianceStatus })
  const today = await smsToday(db, orgId, { phoneNumberId: number.id, now: sending.now, timeZone: number.timeZone })
  if (today.sent < unverifiedTollFreeCap) return null
  return problem("daily_cap_reached", { cap: unverifiedTollFreeCap, resetsAt: today.resetsAt, phoneNumberId: number.id })
}

/** Messages sent from a number since midnight of the organization, and when the next one is. */
export async function smsToday(
  db: Kysely<DB>,
  orgId: string,
  of: { phoneNumberId: string; now: Date; timeZone: string },
): Promise<{ sent: number; resetsAt: Date }> {
  const { rows } = await sql<{ sent: number; resetsAt: Date }>`
    WITH day AS (SELECT date_trunc('day', ${of.now}::timestamptz, ${of.timeZone}) AS start)
    SELECT (SELECT count(*)::int FROM messages m JOIN entry_points e ON e.org_id = m.org_id AND e.id = m.entry_point_id
        WHERE m.org_id = ${orgId} AND m.direction = 'outbound' AND e.phone_number_id = ${of.phoneNumberId}
          AND m.channel = 'sms' AND m.received_at >= day.start) AS sent,
      date_trunc('day', day.start + interval '36 hours', ${of.timeZone}) AS resets_at
    FROM day`.execute(db)
  return rows[0] ?? { sent: 0, resetsAt: of.now }
}

async function numberOf(db: Kysely<DB>, orgId: string, entryPointId: string): Promise<NumberRow | null> {
  const { rows } = await sql<NumberRow>`
    SELECT n.id, n.type, n.sms, n.origin, n.compliance_status, n.capabilities, o.time_zone
    FROM entry_points e
    JOIN phone_numbers n ON n.org_id = e.org_id AND n.id = e.phone_number_id AND n.released_at IS NULL
    JOIN organizations o ON o.id = n.org_id
    WHERE e.org_id = ${orgId} AND e.id = ${entryPointId} AND e.status <> 'deleted'`.execute(db)
  return rows[0] ?? null
}
