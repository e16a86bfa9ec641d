import { sql } from "kysely"
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max"
import type { SandboxCompany } from "../../carriers/sandbox/company.ts"
import { newSecret } from "../../ids.ts"
import { invalid, problem } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import type { Inject, Injection } from "./inject.ts"
import type { HookReceipts } from "./receipts.ts"

/** A customer's phone at the sandbox: its company posts the signed webhook to us, as for any text message. */
export function injectSms(deps: { store: Store; company: SandboxCompany; receipts: HookReceipts }): Inject {
  return async (orgId, injection) => {
    const { db } = deps.store
    const organization = await db
      .selectFrom("organizations")
      .select("country")
      .where("id", "=", orgId)
      .executeTakeFirst()
    const country = (organization?.country ?? "US") as CountryCode
    const from = phoneOf(injection.from.value, country)
    if (from === null)
      throw invalid({
        pointer: "#/from/value",
        code: "phone_number_invalid",
        detail: "Write the customer's number as +14155550100.",
      })
    const number = await numberOf(deps.store, orgId, injection, country)
    const account = number && (await deps.company.accountOf(number.accountSid))
    if (!number || !account) throw unknownRecipient(injection)
    const token = newSecret(18)
    deps.receipts.expect(token)
    const outcome = await deps.company.receive(account, {
      sid: injection.externalId,
      from,
      to: number.e164,
      text: injection.text ?? "",
      profileName: injection.from.name,
      sentAt: injection.sentAt,
      files: injection.attachments.map((file) => ({
        name: file.name,
        type: file.type,
        content: Buffer.from(file.base64, "base64"),
      })),
      idempotencyToken: token,
    })
    const receipt = deps.receipts.collect(token)
    if (outcome.webhook === "unavailable") throw problem("unavailable", { reason: "database" })
    return receipt
      ? { arrived: true, externalId: outcome.sid, ...receipt }
      : { arrived: false, externalId: outcome.sid }
  }
}

/** Also one whose text messages are off: the message then goes out and is dropped at our door. */
async function numberOf(
  { db }: Store,
  orgId: string,
  injection: Injection,
  country: CountryCode,
): Promise<{ e164: string; accountSid: string } | null> {
  const e164 = phoneOf(injection.address, country)
  const match = injection.entryPointId === null ? sql`n.e164 = ${e164}` : sql`e.id = ${injection.entryPointId}`
  const { rows } = await sql<{ e164: string; accountSid: string }>`
    SELECT n.e164, a.account_sid FROM phone_numbers n
    JOIN carrier_accounts a ON a.org_id = n.org_id AND a.id = n.carrier_account_id AND a.carrier = 'sandbox'
    LEFT JOIN entry_points e ON e.org_id = n.org_id AND e.phone_number_id = n.id AND e.channel = 'sms'
    WHERE n.org_id = ${orgId} AND n.released_at IS NULL AND ${match} LIMIT 1`.execute(db)
  return rows[0] ?? null
}

function unknownRecipient(injection: Injection): Error {
  const pointer = injection.entryPointId === null ? "#/to/address" : "#/entryPointId"
  return invalid({ pointer, code: "unknown_recipient", detail: "No number of a sandbox account receives there." })
}

function phoneOf(text: string, country: CountryCode): string | null {
  const parsed = parsePhoneNumberFromString(text, country)
  // Short codes and invented numbers are somebody too: what looks like a number is taken.
  return parsed?.number ?? (/^\+[1-9]\d{4,14}$/.test(text) ? text : null)
}
