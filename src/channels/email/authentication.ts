import { sql } from "kysely"
import type { Blobs } from "../../blobs.ts"
import type { InboundEvent } from "../../intake/inbound-event.ts"
import type { Store } from "../../store/write.ts"
import type { Verdicts } from "./parse/authenticate.ts"
import { MailPool } from "./parse/pool.ts"
import type { DnsRecord } from "./parse/jobs.ts"
import type { ReceivedMail } from "./smtp-listener.ts"

/** Whether SPF, DKIM and DMARC bear out who sent a mail: asked after its commit, since a resolver may never answer. */
export interface AuthenticationCheck {
  /** In the background; what cannot be found out in time is `error`. */
  check(
    event: InboundEvent,
    messageId: string,
    received: Pick<ReceivedMail, "raw" | "ip" | "helo" | "envelopeFrom">,
  ): void
  /** Takes up what a process that died left unchecked. */
  start(): void
  stop(): Promise<void>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export const authenticationSeconds = 3
const atOnceMax = 2
const waitingMax = 1_000
const leftAfterSeconds = 60
const leftWithinDays = 2
const sweepSeconds = 60

type Check = {
  orgId: string
  messageId: string
  raw: Buffer
  ip: string
  helo: string
  envelopeFrom: string
  test: boolean
}

export function createAuthenticationCheck(deps: {
  store: Store
  blobs: Blobs
  onError(error: unknown): void
}): AuthenticationCheck {
  const { store, blobs } = deps
  // Apart from the pool that reads mail: a slow resolver must not hold up intake.
  const pool = new MailPool({ workersMax: atOnceMax, timeoutSeconds: authenticationSeconds })
  const waiting: Check[] = []
  const running = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function next(): void {
    while (running.size < atOnceMax && waiting.length > 0 && !stopped) {
      const check = waiting.shift()
      if (!check) return
      const work = judge(check)
        .catch(deps.onError)
        .finally(() => {
          running.delete(work)
          next()
        })
      running.add(work)
    }
  }

  async function judge(check: Check): Promise<void> {
    const records = await sandboxRecords(store, check.orgId)
    // The sandbox never asks the real DNS; without records of its own it has no answer.
    const verdicts: Verdicts =
      check.test && records === null ? noAnswer : await pool.authenticate({ ...check, records }).catch(() => noAnswer)
    if (stopped) return
    await store.write({ orgId: check.orgId, kind: "intake" }, async (tx) => {
      const row = await tx.db
        .updateTable("messages")
        .set({ authentication: JSON.stringify(verdicts) })
        .where("orgId", "=", check.orgId)
        .where("id", "=", check.messageId)
        .where("authentication", "is", null)
        .returning(["conversationId", "customerId", "contactId"])
        .executeTakeFirst()
      if (row)
        tx.event("message.authentication_checked", { messageId: check.messageId, ...row, authentication: verdicts })
    })
  }

  async function sweep(): Promise<void> {
    const now = store.clock.now().getTime()
    const { rows } = await sql<{
      orgId: string
      messageId: string
      raw: Buffer | null
      rawSha256: string | null
      mail: StoredMail
      test: boolean
    }>`
      SELECT m.org_id, m.id AS message_id, e.raw, e.raw_sha256, e.typed -> 'mail' AS mail, e.test
      FROM messages m JOIN inbound_events e ON e.org_id = m.org_id AND e.id = m.inbound_event_id
      WHERE m.channel = 'email' AND m.direction = 'inbound' AND m.authentication IS NULL
        AND m.received_at BETWEEN ${new Date(now - leftWithinDays * 86_400_000)} AND ${new Date(now - leftAfterSeconds * 1000)}
      ORDER BY m.received_at LIMIT 50`.execute(store.db)
    for (const { raw, rawSha256, mail, ...row } of rows) {
      const client = mail?.client
      if (waiting.some((check) => check.messageId === row.messageId) || (!raw && !rawSha256)) continue
      const bytes = raw ?? (await blobs.read(rawSha256 ?? ""))
      waiting.push({
        ...row,
        raw: bytes,
        ip: client?.ip ?? "",
        helo: client?.helo ?? "",
        envelopeFrom: mail?.envelopeFrom ?? "",
      })
    }
    next()
  }

  return {
    check(event, messageId, received) {
      if (stopped || waiting.length >= waitingMax) return
      const { raw, ip, envelopeFrom } = received
      waiting.push({
        orgId: event.orgId,
        messageId,
        raw,
        ip,
        helo: event.test ? "sandbox" : received.helo,
        envelopeFrom,
        test: event.test,
      })
      next()
    },
    start() {
      timer = setInterval(() => void sweep().catch(deps.onError), sweepSeconds * 1000).unref()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      await pool.stop()
      await Promise.allSettled(running)
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}

const noAnswer: Verdicts = { spf: "error", dkim: "error", dmarc: "error", sender: "error" }

type StoredMail = { envelopeFrom?: string; client?: { ip?: string; helo?: string } } | null

/** What an outside test or a developer fed to the checker, or null. */
async function sandboxRecords(store: Store, orgId: string): Promise<DnsRecord[] | null> {
  const row = await store.db
    .selectFrom("sandboxDnsRecords")
    .select("records")
    .where("orgId", "=", orgId)
    .executeTakeFirst()
  const records = (row?.records ?? []) as DnsRecord[]
  return records.length > 0 ? records : null
}
