import { newSecret } from "../../ids.ts"
import type { Receipt } from "../../intake/inbound-event.ts"
import type { Recipient } from "./recipients.ts"

export type MailReceipt = { recipient: Recipient; externalId: string; receipt: Receipt | null }

/** Mails that the sandbox is sending to our own listener just now, known by the name that its client says in EHLO. */
export class Injections {
  readonly #open = new Map<string, (receipt: MailReceipt) => void>()

  /** Answers the EHLO name, unguessable, and the receipts that came in under it. */
  open(): { name: string; receipts: MailReceipt[]; close(): void } {
    const name = `sandbox-${newSecret(24)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, "x")}.invalid`
    const receipts: MailReceipt[] = []
    this.#open.set(name, (receipt) => void receipts.push(receipt))
    return { name, receipts, close: () => void this.#open.delete(name) }
  }

  /** Null for everybody who is not our sandbox. */
  of(helo: string): { arrived(receipt: MailReceipt): void } | null {
    const arrived = this.#open.get(helo)
    return arrived ? { arrived } : null
  }
}
