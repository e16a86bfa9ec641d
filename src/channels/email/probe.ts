import MailComposer from "nodemailer/lib/mail-composer"
import type { Job, JobOutcome } from "../../jobs/worker.ts"
import { type InjectDeps, deliver } from "./inject.ts"
import { probeHeader } from "./parse/read-mail.ts"
import type { Relay } from "./relay.ts"
import type { ThreadTokens } from "./thread-token.ts"

export const probeJob = "mail_probe"
export const probeSecondsMax = 900

/** Sends a probe to a public address: through the relay into the world, or through the sandbox's imitation of it. */
export function probeHandler(
  deps: InjectDeps & { tokens: ThreadTokens; relay: Relay | null },
): (job: Job) => Promise<JobOutcome> {
  return async ({ orgId, payload }) => {
    const probeId = String(payload.probeId)
    const mailbox = await deps.store.db
      .selectFrom("mailboxes")
      .select(["id", "address", "forwardingLocal", "sandboxForwarding"])
      .where("orgId", "=", orgId)
      .where("id", "=", String(payload.mailboxId))
      .where("deletedAt", "is", null)
      .executeTakeFirst()
    if (!mailbox) return "done"
    const from = `no-reply@${deps.mailDomain()}`
    const messageId = `probe.${probeId}@${deps.mailDomain()}`
    const raw = await new MailComposer({
      from: { name: "Switchboard", address: from },
      to: mailbox.address,
      subject: "Switchboard checks whether mail to this address arrives",
      text: "This mail was sent by Switchboard to see whether it comes back to it. Nothing needs to be done.\n",
      messageId: `<${messageId}>`,
      headers: {
        [probeHeader]: deps.tokens.probeToken({ orgId, mailboxId: mailbox.id, probeId }),
        "Auto-Submitted": "auto-generated",
      },
      xMailer: false,
    })
      .compile()
      .build()
    if (deps.relay) {
      const to = [mailbox.address]
      const sent = await deps.relay.hand({ raw, envelope: { from, to }, addressees: to, messageId })
      if (!sent.ok && sent.retryable) throw new Error(sent.text)
      return "done"
    }
    if (mailbox.sandboxForwarding) {
      await deliver(deps, {
        raw,
        envelopeFrom: from,
        to: `${mailbox.forwardingLocal}@${deps.mailDomain()}`,
        externalId: probeId,
      })
    }
    return "done"
  }
}
