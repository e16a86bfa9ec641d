import type { Kysely } from "kysely"
import type pg from "pg"
import type { Clock } from "../clock.ts"
import { chance } from "../ids.ts"
import { isStatementOutdated } from "./burst.ts"
import type { Bus } from "./bus.ts"
import { Collected, openTx } from "./collected.ts"
import { finish } from "./commit.ts"
import { type Committed, lastPosition } from "./committed.ts"
import { Gates } from "./gate.ts"
import type { DB } from "./tables.ts"
import { RetryWrite, type Store, type Tx, type WriteInput } from "./write.ts"

const triesMax = 4
const retryMsMin = 5
const retryMsMax = 50

export function createStore(deps: {
  db: Kysely<DB>
  clock: Clock
  bus: Bus
  onGateWait?: (seconds: number) => void
  onJob?: () => void
}): Store {
  const { db, clock, bus } = deps
  const gates = new Gates(deps.onGateWait)

  async function write<T>(input: WriteInput, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await gates.pass(input.orgId, input.kind, () => once(input, work))
      } catch (error) {
        if (attempt >= triesMax || !isRetryable(error)) throw error
        await clock.sleep(retryMsMin + chance() * (retryMsMax - retryMsMin))
      }
    }
  }

  async function once<T>(input: WriteInput, work: (tx: Tx) => Promise<T>): Promise<T> {
    const collected = new Collected()
    const now = clock.now()
    let committed: Committed | null = null
    const result = await db.transaction().execute(async (trx) => {
      const value = await work(openTx(trx, input, now, collected))
      committed = await finish(trx, input, now, collected)
      return value
    })
    for (const act of collected.acts) act()
    if (committed !== null) bus.publish({ orgId: input.orgId, position: lastPosition(committed), committed })
    if (collected.jobs.length > 0) deps.onJob?.()
    return result
  }

  return { db, clock, write }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof RetryWrite || isStatementOutdated(error)) return true
  const { code, constraint } = (error ?? {}) as Partial<pg.DatabaseError>
  if (code === "40P01" || code === "40001") return true
  return code === "23505" && constraint !== undefined && racedIndexes.has(constraint)
}

/** Unique indexes that decide races (routing.md 2): whoever comes second runs again and sees the first one's rows. */
const racedIndexes = new Set([
  "inbound_events_key",
  "customer_addresses_pkey",
  "conversations_one_active",
  "contacts_one_live",
  "queue_items_one_live_text",
  "queue_items_one_live_call",
  "offers_one_pending",
  "offers_one_voice",
  "assignments_one_open",
  "seats_pkey",
])
