import { type Kysely, sql } from "kysely"
import { hashSecret, newSecret } from "../ids.ts"
import type { DB } from "../store/tables.ts"

export type TokenKind = "setup" | "invitation" | "password_reset"

export type TakenToken = { orgId: string; userId: string | null; subject: Record<string, unknown> }

type Db = Kysely<DB>

/** Makes a token that works once. Answers it; only its SHA-256 is stored. True clock. */
export async function makeToken(
  db: Db,
  input: {
    kind: TokenKind
    orgId: string | null
    userId?: string
    subject?: Record<string, unknown>
    hours: number
    token?: string
  },
): Promise<{ token: string; endsAt: Date }> {
  const token = input.token ?? newSecret(32)
  const made = await sql<{ endsAt: Date }>`
    INSERT INTO one_time_tokens (token_hash, org_id, kind, user_id, subject, ends_at)
    VALUES (${hashSecret(token)}, ${input.orgId}, ${input.kind}, ${input.userId ?? null},
      ${JSON.stringify(input.subject ?? {})}::jsonb, now() + make_interval(hours => ${input.hours}))
    ON CONFLICT (token_hash) DO UPDATE SET ends_at = excluded.ends_at
    RETURNING ends_at`.execute(db)
  return { token, endsAt: made.rows[0]?.endsAt ?? new Date(0) }
}

/** Of any number of takers of one token, one gets it. */
export async function takeToken(db: Db, kind: TokenKind, token: string): Promise<TakenToken | null> {
  const taken = await sql<TakenToken>`
    DELETE FROM one_time_tokens WHERE token_hash = ${hashSecret(token)} AND kind = ${kind} AND ends_at > now()
    RETURNING org_id, user_id, subject`.execute(db)
  return taken.rows[0] ?? null
}

/** Takes away what this person was sent before: the newest link works. */
export async function dropTokens(db: Db, kind: TokenKind, orgId: string, userId: string): Promise<void> {
  await sql`DELETE FROM one_time_tokens WHERE kind = ${kind} AND org_id = ${orgId} AND user_id = ${userId}`.execute(db)
}

export async function pruneTokens(db: Db): Promise<void> {
  await sql`DELETE FROM one_time_tokens WHERE ends_at < now()`.execute(db)
}
