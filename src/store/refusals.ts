import { type RawBuilder, sql } from "kysely"
import { leaseToHold } from "./leases.ts"
import { records } from "./records.ts"
import type { Tx } from "./write.ts"

/**
 * What a transaction relies on, said to the database together with what it writes: where it is not so, the database
 * undoes all of it. For what is nearly always so, and would cost a round trip to ask first.
 */

/** Of the function `refuse` (migrations/0017). */
const refusedCode = "SB001"

export function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === refusedCode
}

/**
 * These agents are as the engine knows them, and members of the inboxes from which they are given something. They are
 * locked, in the order of their ids.
 */
export function agentsUnchanged(
  tx: Tx,
  agents: readonly { id: string; version: number; inboxIds: readonly string[] }[],
): RawBuilder<unknown> {
  return sql`
    SELECT refuse('agents') FROM (SELECT count(*) AS count FROM (
      SELECT a.agent_id FROM agent_states a JOIN ${records(agents, "id uuid, version int, inbox_ids uuid[]")} ON r.id = a.agent_id
      WHERE a.org_id = ${tx.orgId} AND a.agent_id = ANY(${agents.map(({ id }) => id)}::uuid[]) AND a.version = r.version
        AND (a.settings_until IS NULL OR a.settings_until <= clock_timestamp())
        AND r.inbox_ids <@ ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.org_id = a.org_id AND m.agent_id = a.agent_id)
      ORDER BY a.agent_id FOR NO KEY UPDATE OF a) held) held WHERE held.count <> ${agents.length}::int`
}

/** The routing is still ours: no takeover until the commit. */
export function leaseHeld(tx: Tx, lease: { owner: string; epoch: number }): RawBuilder<unknown> {
  return sql`
    SELECT refuse('lease') FROM (SELECT count(*) AS count FROM (${leaseToHold(tx, lease)}) held) held WHERE held.count = 0`
}
