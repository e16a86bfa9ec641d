import { sql } from "kysely"
import { WorkflowSettings, defaultWorkflowSettings } from "../core/workflow/settings.ts"
import type { SendRefusal, SendRule } from "./sending.ts"

const daySeconds = 86_400

type Facts = {
  sms: string
  type: string
  country: string
  complianceStatus: string
  optedOut: boolean
  sentToday: number
  oldestToday: Date | null
  settings: unknown
}

/** Opt-outs, registration of local numbers, the cap of toll-free ones, and numbers switched off (spec 10). */
export const smsRule: SendRule = async (db, { orgId, entryPointId, to, now }) => {
  const since = new Date(now.getTime() - daySeconds * 1000)
  const { rows } = await sql<Facts>`
    SELECT n.sms, n.type, n.country, n.compliance_status,
      EXISTS (SELECT 1 FROM opt_outs o WHERE o.org_id = n.org_id AND o.phone_number_id = n.id AND o.customer_address = ${to}) AS opted_out,
      t.sent_today, t.oldest_today, (SELECT settings FROM workflow_settings w WHERE w.org_id = n.org_id) AS settings
    FROM entry_points e
    JOIN phone_numbers n ON n.org_id = e.org_id AND n.id = e.phone_number_id
    CROSS JOIN LATERAL (SELECT count(*)::int AS sent_today, min(m.sent_at) AS oldest_today FROM messages m
      WHERE m.org_id = e.org_id AND m.entry_point_id = e.id AND m.direction = 'outbound' AND m.sent_at > ${since}
        AND n.type = 'toll_free') t
    WHERE e.org_id = ${orgId} AND e.id = ${entryPointId}`.execute(db)
  const facts = rows[0]
  return facts ? judge(facts, now) : null
}

function judge(facts: Facts, now: Date): SendRefusal | null {
  if (facts.sms === "deactivated_on_request") {
    return {
      reason: "deactivated_on_request",
      code: "sms_deactivated_on_request",
      remedy: "Text messages are turned off for this number. Request activation.",
    }
  }
  if (facts.optedOut) {
    return {
      reason: "opted_out",
      code: "opted_out",
      remedy: "The customer sent STOP. Texts are blocked until the customer sends START.",
    }
  }
  if (facts.complianceStatus === "approved") return null
  if (facts.type === "local" && facts.country === "US") {
    return {
      reason: "not_registered",
      code: "number_not_registered",
      remedy: "Register this number for text messages first.",
    }
  }
  const settings = WorkflowSettings.safeParse(facts.settings)
  const cap = (settings.success ? settings.data : defaultWorkflowSettings).tollFreeDailyCap
  if (facts.type !== "toll_free" || facts.sentToday < cap) return null
  const resetsAt = new Date((facts.oldestToday ?? now).getTime() + daySeconds * 1000)
  return {
    reason: "cap_reached",
    code: "daily_cap_reached",
    remedy: `This toll-free number is not verified and may send ${cap} texts a day. Verify it, or wait.`,
    extra: { cap, resetsAt: resetsAt.toISOString() },
  }
}
