import { mkdtemp, rm } from "node:fs/promises"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createTransport } from "nodemailer"
import { type TestStore, testStore } from "../../../test/database.ts"
import { type Blobs, openBlobs } from "../../blobs.ts"
import { createSections } from "../../entry-points/begin.ts"
import { newId } from "../../ids.ts"
import type { InboundEvent, Intake, Receipt } from "../../intake/inbound-event.ts"
import { keysFrom } from "../../keys.ts"
import { createFarEnd, type FarEnd } from "../../sandbox/far-end.ts"
import { createEmailChannel, type EmailChannel, type EmailDeps } from "./adapter.ts"
import { createMailbox } from "./settings.ts"

/** For tests: the channel on a real port and a real database, with an intake that only remembers. */
export type MailRig = {
  stored: TestStore
  blobs: Blobs
  farEnd: FarEnd
  channel: EmailChannel
  port: number
  orgId: string
  inboxId: string
  accepted: InboundEvent[]
  errors: unknown[]
  /** What intake does next instead of taking the event. */
  onAccept: { act: ((event: InboundEvent) => Promise<void>) | null }
  addMailbox(address: string, senderName?: string): Promise<{ id: string; entryPointId: string; forwarding: string }>
  send(mail: {
    from?: string
    to: string | string[]
    raw: string | Buffer
  }): Promise<{ accepted: string[]; rejected: string[]; response: string }>
  close(): Promise<void>
}

export const mailDomain = "desk.example"

export type MailRigOptions = {
  relayUrl?: string
  limits?: EmailDeps["limits"]
  tls?: { certFile: string; keyFile: string }
}

export async function mailRig(options: MailRigOptions = {}): Promise<MailRig> {
  const stored = await testStore()
  const { store } = stored
  const folder = await mkdtemp(join(tmpdir(), "switchboard-mail-"))
  const blobs = openBlobs(folder)
  const keys = keysFrom("a secret for tests of mail")
  const farEnd = createFarEnd({ store, clock: stored.clock, keys })
  const accepted: InboundEvent[] = []
  const errors: unknown[] = []
  const onAccept: MailRig["onAccept"] = { act: null }
  const channel = createEmailChannel({
    store,
    blobs,
    keys,
    farEnd,
    intake: rememberingIntake(accepted, onAccept),
    config: {
      smtpHost: "127.0.0.1",
      smtpPort: 0,
      mailDomain,
      ...(options.relayUrl && { smtpRelayUrl: options.relayUrl }),
      ...(options.tls && { smtpTls: options.tls }),
    },
    onError: (error) => void errors.push(error),
    ...(options.limits && { limits: options.limits }),
  })
  const port = await channel.listen()
  const { orgId, inboxId } = await organization(stored)
  return {
    stored,
    blobs,
    farEnd,
    channel,
    port,
    orgId,
    inboxId,
    accepted,
    errors,
    onAccept,
    async addMailbox(address, senderName = "Retale") {
      const id = await store.write({ orgId, kind: "act" }, (tx) => createMailbox(tx, { address, senderName }))
      const row = await store.db
        .selectFrom("mailboxes")
        .select(["entryPointId", "forwardingLocal"])
        .where("id", "=", id)
        .executeTakeFirstOrThrow()
      return { id, entryPointId: row.entryPointId, forwarding: `${row.forwardingLocal}@${mailDomain}` }
    },
    async send({ from = "maya@example.com", to, raw }) {
      const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true })
      const { accepted, rejected, response } = await transport.sendMail({ envelope: { from, to }, raw })
      return { accepted: accepted as string[], rejected: rejected as string[], response }
    },
    async close() {
      await channel.stop()
      await stored.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function rememberingIntake(accepted: InboundEvent[], onAccept: MailRig["onAccept"]): Intake {
  return {
    async accept(event): Promise<Receipt> {
      await onAccept.act?.(event)
      const before = accepted.find(
        (one) => one.entryPointId === event.entryPointId && one.externalId === event.externalId,
      )
      if (!before) accepted.push(event)
      return {
        inboundEventId: newId(),
        duplicate: before !== undefined,
        parked: false,
        messageId: newId(),
        contactId: newId(),
        conversationId: newId(),
        customerId: newId(),
        resolution: null,
        dueAt: null,
      }
    },
  }
}

export async function organization({ store }: TestStore): Promise<{ orgId: string; inboxId: string }> {
  const orgId = newId()
  const inboxId = newId()
  await store.db
    .insertInto("organizations")
    .values({ id: orgId, name: "Retale", timeZone: "America/New_York", fallbackInboxId: inboxId })
    .execute()
  await store.db
    .insertInto("inboxes")
    .values({ orgId, id: inboxId, name: "General Support", slaMinutesText: "1440", slaSeconds: 86_400 })
    .execute()
  await store.write({ orgId, kind: "act" }, createSections)
  return { orgId, inboxId }
}

/** A bare SMTP client: what it is told to write it writes, and it hears every reply. */
export class WireClient {
  readonly #socket: Socket
  #heard = ""
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding("latin1")
    socket.on("data", (chunk) => {
      this.#heard += chunk
    })
    socket.on("close", () => {
      this.#ended = true
    })
    socket.on("error", () => undefined)
  }

  static async open(port: number, localAddress?: string): Promise<WireClient> {
    const client = new WireClient(connect({ port, host: "127.0.0.1", ...(localAddress && { localAddress }) }))
    await client.reply()
    return client
  }

  /** Writes and answers the next whole reply: `250 …`. */
  async say(text: string | Buffer): Promise<string> {
    this.#socket.write(text)
    return this.reply()
  }

  write(text: string | Buffer): void {
    this.#socket.write(text)
  }

  async reply(withinMs = 10_000): Promise<string> {
    const endsAt = performance.now() + withinMs
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#heard)?.[0]
      if (whole) {
        this.#heard = this.#heard.slice(whole.length)
        return whole.trim().split("\r\n").at(-1) ?? ""
      }
      if (this.#ended) return "closed"
      if (performance.now() > endsAt) return "nothing"
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Writes, and ends the connection when that is written, whatever would be answered. */
  async hangUp(text: string): Promise<void> {
    this.#socket.end(text)
    while (!this.#ended) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  get ended(): boolean {
    return this.#ended
  }

  close(): void {
    this.#socket.destroy()
  }
}

export function eml(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n`
}
