import type { SandboxCompany } from "../../carriers/sandbox/company.ts"
import { findMessage } from "../../carriers/sandbox/books.ts"
import { codeOfFailure } from "../../carriers/twilio/statuses.ts"
import type { FarEndDelivery } from "../../sandbox/far-end.ts"

/** A state of a text message, told as the company tells it: by a signed webhook. False where it is none of its messages. */
export function tellSms(company: SandboxCompany) {
  return async (
    orgId: string,
    delivery: FarEndDelivery,
    told: { status: string; failureCode?: string | undefined },
  ): Promise<boolean> => {
    if (delivery.channel !== "sms") return false
    const message = await findMessage(company.deps.db, orgId, delivery.externalId)
    const account = message && (await company.accountOf(message.accountSid))
    if (!account) return false
    const errorCode = told.status === "failed" ? codeOfFailure(told.failureCode ?? "unreachable") : null
    return company.tellStatus(
      account,
      delivery.externalId,
      told.status === "failed" ? "undelivered" : told.status,
      errorCode,
    )
  }
}
