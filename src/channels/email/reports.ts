import { updateDelivery } from "../../delivery/status.ts"
import { newId } from "../../ids.ts"
import type { Store, Tx } from "../../store/write.ts"
import type { DeliveryReport, ParsedMail } from "./parse/parsed-mail.ts"
import type { Recipient } from "./recipients.ts"
import type { ReceivedMail } from "./smtp-listener.ts"
import type { ThreadTokens } from "./thread-token.ts"

/** Where the bytes as received stand. */
export type StoredRaw = { bytes: Buffer } | { sha256: string }

type Arrival = { received: ReceivedMail; recipient: Recipient; mail: ParsedMail; raw: StoredRaw; externalId: string }
type Deps = { store: Store; tokens: ThreadTokens }

/**
 * Mail that is no customer's request: a bounce of what we sent, our own probe, a mail host's confirmation of forwarding.
 * It is kept and acted upon, and makes no conversation. Answers whether it was such a mail.
 */
export async function takeReport(deps: Deps, arrival: Arrival): Promise<boolean> {
  return (
    (await takeProbe(deps, arrival)) || (await takeBounce(deps, arrival)) || (await takeConfirmation(deps, arrival))
  )
}

async function takeProbe({ store, tokens }: Deps, arrival: Arrival): Promise<boolean> {
  const { recipient, mail } = arrival
  const probeId = mail.probe === null ? null : tokens.readProbeToken(recipient.orgId, recipient.mailboxId, mail.probe)
  if (probeId === null) return false
  await store.write({ orgId: recipient.orgId, kind: "intake" }, async (tx) => {
    if (!(await keep(tx, arrival, "probe", { probeId }))) return
    await tx.db
      .updateTable("mailboxProbes")
      .set((eb) => ({ receivedAt: eb.fn.coalesce("receivedAt", eb.val(tx.now)) }))
      .where("orgId", "=", tx.orgId)
      .where("id", "=", probeId)
      .execute()
    // The probe went to the public address: that it is here proves the way, with a forwarding target or without.
    const seen = await tx.db
      .updateTable("mailboxes")
      .set({ forwardingSeenAt: tx.now })
      .where("orgId", "=", tx.orgId)
      .where("id", "=", recipient.mailboxId)
      .where("forwardingSeenAt", "is", null)
      .returning("id")
      .executeTakeFirst()
    const { mailboxId, entryPointId, address } = recipient
    if (seen) tx.event("mailbox.forwarding_seen", { mailboxId, entryPointId, address, probeId })
  })
  return true
}

async function takeBounce({ store, tokens }: Deps, arrival: Arrival): Promise<boolean> {
  const { recipient, mail } = arrival
  const { orgId } = recipient
  const { report } = mail
  const about = report?.originalMessageId ?? null
  const named = about === null ? null : tokens.readMessageId(orgId, about)
  if (!report || about === null || !named) return false
  await store.write(
    { orgId, kind: "intake" },
    async (tx) => void (await keep(tx, arrival, "bounce", report, named.messageId)),
  )
  const status = statusOf(report)
  if (status)
    await updateDelivery(store, {
      orgId,
      externalId: about,
      status,
      failure: status === "failed" ? failureOf(report) : null,
    })
  return true
}

function statusOf({ action }: DeliveryReport): "failed" | "delivered" | null {
  if (action === "failed" || action === "delivered") return action
  return null
}

function failureOf({ status, diagnostic, finalRecipient }: DeliveryReport): {
  code: string
  text: string
  retryable: boolean
} {
  const who = finalRecipient ? ` to ${finalRecipient}` : ""
  return {
    code: "bounced",
    text: `The mail${who} came back (${status}). ${diagnostic}`.trim().slice(0, 500),
    retryable: status.startsWith("4."),
  }
}

const confirmations = [
  {
    from: /^forwarding-noreply@google\.com$/,
    subject: /Gmail|forwarding|Weiterleitung|#\d+/i,
    code: /\(#(\d{6,12})\)|\b(\d{9})\b/,
    host: /^https:\/\/mail(-settings)?\.google\.com\//,
  },
  {
    from: /^(account-security-noreply@accountprotection|no-reply@microsoft|noreply@(email|mail)\.(teams\.)?)[\w.-]*\.?microsoft\.com$/,
    subject: /forward|verif|confirm/i,
    code: /\b(\d{6,9})\b/,
    host: /^https:\/\/[\w.-]+\.(microsoft|live|outlook|office)\.com\//,
  },
]

/** Google and Microsoft ask the target of a forwarding whether it wants it; whoever set it up needs what they wrote. */
async function takeConfirmation({ store }: Deps, arrival: Arrival): Promise<boolean> {
  const { recipient, mail } = arrival
  const from = mail.from?.address ?? ""
  const kind = confirmations.find((one) => one.from.test(from) && one.subject.test(mail.subject ?? ""))
  if (!kind || !recipient.viaForwarding || recipient.token !== null) return false
  const links = [...mail.text.slice(0, 20_000).matchAll(/https:\/\/[^\s<>"')]{1,1000}/g)].map(([link]) => link)
  const code = kind.code.exec(`${mail.subject} ${mail.text.slice(0, 5_000)}`)
  await store.write({ orgId: recipient.orgId, kind: "intake" }, async (tx) => {
    const shown = {
      from,
      subject: mail.subject,
      text: mail.text.slice(0, 5_000),
      link: links.find((link) => kind.host.test(link)) ?? null,
      code: code?.[1] ?? code?.[2] ?? null,
      receivedAt: tx.now.toISOString(),
    }
    if (!(await keep(tx, arrival, "confirmation", shown))) return
    await tx.db
      .updateTable("mailboxes")
      .set({ confirmationMail: JSON.stringify(shown) })
      .where("orgId", "=", tx.orgId)
      .where("id", "=", recipient.mailboxId)
      .execute()
    tx.event("mailbox.confirmation_received", { mailboxId: recipient.mailboxId, address: recipient.address })
  })
  return true
}

/** Acknowledged means kept, for these too. False: the same mail was here before. */
async function keep(
  tx: Tx,
  { recipient, raw, externalId }: Arrival,
  kind: string,
  report: object,
  messageId: string | null = null,
): Promise<boolean> {
  const row = await tx.db
    .insertInto("mailReports")
    .values({
      orgId: tx.orgId,
      id: newId(),
      mailboxId: recipient.mailboxId,
      kind,
      externalId,
      messageId,
      report: JSON.stringify(report),
      raw: "bytes" in raw ? raw.bytes : null,
      rawSha256: "sha256" in raw ? raw.sha256 : null,
      receivedAt: tx.now,
    })
    .onConflict((conflict) => conflict.constraint("mail_reports_key").doNothing())
    .returning("id")
    .executeTakeFirst()
  return row !== undefined
}
