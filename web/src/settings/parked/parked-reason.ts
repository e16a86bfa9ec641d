import { t } from "@lingui/core/macro"

/** Why it could not be taken in, and what to do, in words; the code is the server's (intake/unprocessable.ts). */
export function parkedReason(reason: string | null): string {
  if (reason === "entry_point_missing") return t`Its entry point does not exist any more.`
  if (reason === "no_inbox") return t`No Inbox takes it. Set the channel's default Inbox, then replay it.`
  if (reason === "customer_missing") return t`The customer was removed while it came in. Replay it.`
  const failure = reason?.match(/^processing_failed: (.*)$/s)?.[1]
  if (failure !== undefined) return t`Processing it failed: ${failure}`
  return reason ?? t`unknown`
}
