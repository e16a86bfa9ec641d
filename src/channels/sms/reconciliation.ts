import { sql } from "kysely"
import type { Accounts, OpenAccount } from "../../carriers/accounts.ts"
import type { CarrierMessages, ListedMessage } from "../../carriers/carrier.ts"
import type { Store } from "../../store/write.ts"
import { atMost } from "../../at-most.ts"
import type { BusinessTimer } from "../../timers.ts"
import { type InboundDeps, takeMessage } from "./inbound.ts"

export type ReconciliationDeps = InboundDeps & {
  accounts: Accounts
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

const everySeconds = 300
/** A message may stand in the carrier's list later than its time says. */
const overlapSeconds = 900
const lookBackDaysMax = 7
/** A test clock that leaps would list the same nothing again and again: from here on each pause is twice the last. */
const quickRunsMax = 12
const quickMs = 2_000
const pauseSecondsMax = 7 * 86_400
/** Carriers that are asked at once: one that does not answer must not keep the others from being asked. */
const lanes = 8
const stopMs = 1_000

/**
 * This carrier does not hold a message whose webhook failed (reliability, Twilio). Every five minutes and at the start
 * its list is compared with ours, and what is missing is taken in; the unique key sees to it that it is so once.
 */
export class Reconciliation implements BusinessTimer {
  readonly name = "sms reconciliation"
  readonly #deps: ReconciliationDeps
  #last: { at: Date; monotonic: number; quick: number } | null = null
  #running: Promise<number> | null = null

  constructor(deps: ReconciliationDeps) {
    this.#deps = deps
  }

  nextAt(): Date | null {
    const { clock } = this.#deps.store
    if (this.#running) return null
    // Before the last run: the time was set back since.
    if (this.#last === null || this.#last.at > clock.now()) return clock.now()
    const isQuick = clock.monotonic() - this.#last.monotonic < quickMs && this.#last.quick >= quickRunsMax
    const pause = isQuick
      ? Math.min(pauseSecondsMax, everySeconds * 2 ** (this.#last.quick - quickRunsMax + 1))
      : everySeconds
    return new Date(this.#last.at.getTime() + pause * 1000)
  }

  async fire(now: Date): Promise<number> {
    await this.#running
    this.begin(now)
    return (await this.#running) ?? 0
  }

  /** A run takes as long as the slowest carrier: the next one waits for its end. */
  begin(now: Date): number {
    const next = this.nextAt()
    if (next === null || next > now) return 0
    const monotonic = this.#deps.store.clock.monotonic()
    const isQuick = this.#last !== null && monotonic - this.#last.monotonic < quickMs
    this.#last = { at: now, monotonic, quick: isQuick ? (this.#last?.quick ?? 0) + 1 : 0 }
    this.#running = this.run()
      .catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, "reconciliation failed")
        return 0
      })
      .finally(() => {
        this.#running = null
      })
    return 0
  }

  async stop(): Promise<void> {
    if (this.#running) await atMost(stopMs, this.#running)
  }

  /** Answers how many messages were taken in. */
  async run(): Promise<number> {
    let taken = 0
    const waiting = [...(await this.#deps.accounts.all())]
    const lane = async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        try {
          const count = await reconcile(this.#deps, one)
          taken += count
        } catch (error) {
          this.#deps.log.warn({ accountId: one.account.id, err: error }, "reconciliation failed")
        }
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return taken
  }
}

async function reconcile(deps: ReconciliationDeps, { account, carrier }: OpenAccount): Promise<number> {
  const messages = carrier.messages
  if (!messages) return 0
  const startedAt = deps.store.clock.real()
  const since = await sinceOf(deps.store, account.orgId, account.id)
  if (since === null) return 0
  const listed = await messages.list({ since }, account)
  await noteStatus(deps.store, account, listed.ok ? "active" : listed.kind === "refused" ? "refused" : "unreachable")
  if (!listed.ok) {
    deps.log.warn(
      { accountId: account.id, kind: listed.kind, code: listed.code },
      "the carrier's list of messages cannot be read",
    )
    return 0
  }
  const missing = await missingOf(
    deps,
    account.orgId,
    listed.value.filter((one) => one.direction === "inbound"),
  )
  for (const message of missing) await takeListed(deps, message, messages, account)
  await sql`
    UPDATE carrier_accounts SET reconciled_at = ${startedAt}
    WHERE org_id = ${account.orgId} AND id = ${account.id}`.execute(deps.store.db)
  if (missing.length > 0)
    deps.log.info({ accountId: account.id, taken: missing.length }, "messages without a webhook taken in")
  return missing.length
}

/** What the settings page shows of the account; no event, it changes nothing that anybody set. */
async function noteStatus(store: Store, account: OpenAccount["account"], status: string): Promise<void> {
  await sql`
    UPDATE carrier_accounts SET status = ${status}, checked_at = ${store.clock.now()}
    WHERE org_id = ${account.orgId} AND id = ${account.id}`.execute(store.db)
}

/** Null where no number of the account takes text messages. */
async function sinceOf(store: Store, orgId: string, accountId: string): Promise<Date | null> {
  const { rows } = await sql<{ reconciledAt: Date | null }>`
    SELECT a.reconciled_at FROM carrier_accounts a WHERE a.org_id = ${orgId} AND a.id = ${accountId}
      AND EXISTS (SELECT 1 FROM phone_numbers n WHERE n.org_id = a.org_id AND n.carrier_account_id = a.id
        AND n.sms = 'active' AND n.released_at IS NULL)`.execute(store.db)
  if (!rows[0]) return null
  const earliest = store.clock.real().getTime() - lookBackDaysMax * 86_400_000
  const last = rows[0].reconciledAt?.getTime() ?? 0
  return new Date(Math.max(earliest, last - overlapSeconds * 1000))
}

/** Not taken yet, for a number that took text messages when they came. */
async function missingOf(
  deps: ReconciliationDeps,
  orgId: string,
  listed: readonly ListedMessage[],
): Promise<ListedMessage[]> {
  if (listed.length === 0) return []
  const { rows } = await sql<{ externalId: string }>`
    SELECT l.sid AS external_id FROM json_to_recordset(${JSON.stringify(listed.map((one) => ({ sid: one.externalId, recipient: one.to, at: one.sentAt })))}::json)
      AS l(sid text, recipient text, at timestamptz)
    JOIN phone_numbers n ON n.org_id = ${orgId} AND n.e164 = l.recipient AND n.released_at IS NULL AND n.sms = 'active'
    JOIN entry_points e ON e.org_id = n.org_id AND e.phone_number_id = n.id AND e.channel = 'sms' AND e.status = 'active'
    WHERE (l.at IS NULL OR l.at >= date_trunc('second', e.created_at))
      AND NOT EXISTS (SELECT 1 FROM inbound_events i
        WHERE i.org_id = e.org_id AND i.entry_point_id = e.id AND i.external_id = l.sid)`.execute(deps.store.db)
  const missing = new Set(rows.map((row) => row.externalId))
  return listed.filter((one) => missing.has(one.externalId) && !deps.numbers.wasDropped(orgId, one.externalId))
}

async function takeListed(
  deps: ReconciliationDeps,
  listed: ListedMessage,
  messages: CarrierMessages,
  account: OpenAccount["account"],
): Promise<void> {
  const media = listed.mediaCount > 0 ? await messages.listMedia(listed.externalId, account) : null
  const message = { ...listed, media: media?.ok ? media.value : [] }
  await takeMessage(deps, message, { messages, account, raw: Buffer.from(JSON.stringify(listed)) })
}
