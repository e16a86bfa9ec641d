import type { Job, JobOutcome } from "../jobs/worker.ts"
import type { Keys } from "../keys.ts"
import type { FarEnd } from "../sandbox/far-end.ts"
import type { Store, Tx } from "../store/write.ts"
import { nextTrySeconds } from "../core/delivery/retry.ts"
import { chance } from "../ids.ts"
import type { SendFailure, Sent } from "./failure.ts"

/** A mail of the program itself: an invitation, a reset, an alarm. */
export type SystemMail = { to: string; subject: string; text: string }

/** Hands a mail to the relay; absent where none is configured. Never throws for what the relay did. */
export type MailRelay = (orgId: string, mail: SystemMail) => Promise<Sent | SendFailure>

export const systemMailJob = "system_mail"

/** Queued in the transaction that causes it. Its text may hold a link that lets somebody in: stored sealed only. */
export function queueSystemMail(tx: Tx, keys: Keys, mail: SystemMail): void {
  tx.job(systemMailJob, { sealed: keys.seal(JSON.stringify(mail)) })
}

export function sendSystemMail(
  deps: { store: Store; keys: Keys },
  mail: SystemMail & { orgId: string },
): Promise<void> {
  const { orgId, ...rest } = mail
  return deps.store.write({ orgId, kind: "act" }, async (tx) => queueSystemMail(tx, deps.keys, rest))
}

/** Sends jobs of kind `system_mail`: through the relay, or to the sandbox's far end while there is none. */
export function systemMailHandler(deps: {
  store: Store
  keys: Keys
  farEnd: FarEnd
  relay: MailRelay | null
  onFailure?: (orgId: string, failure: SendFailure) => void
}): (job: Job) => Promise<JobOutcome> {
  return async ({ id, orgId, payload, attempts }) => {
    const mail = JSON.parse(deps.keys.open(String(payload.sealed))) as SystemMail
    if (!deps.relay) {
      await deps.farEnd.record(orgId, {
        messageId: null,
        channel: "email",
        from: null,
        to: [mail.to],
        subject: mail.subject,
        text: mail.text,
        externalId: `system-${id}`,
      })
      return "done"
    }
    const sent = await deps.relay(orgId, mail)
    if (sent.ok) return "done"
    deps.onFailure?.(orgId, sent)
    const pause = sent.retryable && !sent.unknown ? nextTrySeconds(attempts, chance(), sent.retryAfterSeconds) : null
    return pause === null ? "done" : { retryAt: new Date(deps.store.clock.now().getTime() + pause * 1000) }
  }
}
