import { type Kysely, sql } from "kysely"
import { newId } from "../../ids.ts"
import type { DB } from "../../store/tables.ts"

export const sandboxOperations = ["search", "buy", "release", "send", "webhook"] as const
export type SandboxOperation = (typeof sandboxOperations)[number]

export type FailNext = { operation: SandboxOperation; count: number; code: string | number }

/** How the imitation behaves, and what was asked of it. */
export type SandboxSettings = {
  seed: number
  latencyMs: number
  failNext: FailNext | null
  loseNextAnswer: boolean
  decideAfterSeconds: number | null
}

export type SandboxLogEntry = { operation: string; at: Date; key: string | null }

const initial: SandboxSettings = {
  seed: 1,
  latencyMs: 0,
  failNext: null,
  loseNextAnswer: false,
  decideAfterSeconds: null,
}
const logMax = 500

export async function readSettings(db: Kysely<DB>, orgId: string): Promise<SandboxSettings> {
  const { rows } = await sql<SandboxSettings>`
    SELECT seed, latency_ms, fail_next, lose_next_answer, decide_after_seconds
    FROM sandbox_carrier_settings WHERE org_id = ${orgId}`.execute(db)
  return rows[0] ?? initial
}

export async function writeSettings(db: Kysely<DB>, orgId: string, settings: SandboxSettings): Promise<void> {
  const failNext = settings.failNext ? JSON.stringify(settings.failNext) : null
  await sql`
    INSERT INTO sandbox_carrier_settings (org_id, seed, latency_ms, fail_next, lose_next_answer, decide_after_seconds)
    VALUES (${orgId}, ${settings.seed}, ${settings.latencyMs}, ${failNext}::jsonb, ${settings.loseNextAnswer}, ${settings.decideAfterSeconds})
    ON CONFLICT (org_id) DO UPDATE SET seed = excluded.seed, latency_ms = excluded.latency_ms, fail_next = excluded.fail_next,
      lose_next_answer = excluded.lose_next_answer, decide_after_seconds = excluded.decide_after_seconds`.execute(db)
}

/** The code of the fault that this call is to meet, counted down; null where it meets none. */
export async function takeFault(db: Kysely<DB>, orgId: string, operation: SandboxOperation): Promise<string | null> {
  const { rows } = await sql<{ code: string }>`
    WITH before AS (
      SELECT org_id, fail_next FROM sandbox_carrier_settings
      WHERE org_id = ${orgId} AND fail_next->>'operation' = ${operation} FOR UPDATE
    ), after AS (
      UPDATE sandbox_carrier_settings s
      SET fail_next = CASE WHEN (b.fail_next->>'count')::int > 1
        THEN jsonb_set(b.fail_next, '{count}', to_jsonb((b.fail_next->>'count')::int - 1)) END
      FROM before b WHERE s.org_id = b.org_id
    )
    SELECT fail_next->>'code' AS code FROM before`.execute(db)
  return rows[0]?.code ?? null
}

export async function takeLostAnswer(db: Kysely<DB>, orgId: string): Promise<boolean> {
  const { rows } = await sql`
    UPDATE sandbox_carrier_settings SET lose_next_answer = false WHERE org_id = ${orgId} AND lose_next_answer RETURNING 1`.execute(
    db,
  )
  return rows.length > 0
}

export async function logOperation(
  db: Kysely<DB>,
  orgId: string,
  entry: { operation: string; key: string | null; at: Date },
): Promise<void> {
  await sql`
    INSERT INTO sandbox_carrier_log (org_id, id, operation, at, key)
    VALUES (${orgId}, ${newId()}, ${entry.operation}, ${entry.at}, ${entry.key})`.execute(db)
}

/** The last entries, oldest first. */
export async function readLog(db: Kysely<DB>, orgId: string): Promise<SandboxLogEntry[]> {
  const { rows } = await sql<SandboxLogEntry>`
    SELECT operation, at, key FROM (
      SELECT * FROM sandbox_carrier_log WHERE org_id = ${orgId} ORDER BY id DESC LIMIT ${logMax}) AS last
    ORDER BY id`.execute(db)
  return rows
}
