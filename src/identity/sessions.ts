import { type Kysely, type RawBuilder, sql } from "kysely"
import type { Role } from "../core/permissions.ts"
import { hashSecret, newId, newSecret } from "../ids.ts"
import type { DB } from "../store/tables.ts"

/** All on the true clock: `now()` of the database, which no test clock moves. */
const idleHours = 12
const absoluteDays = 30
const seenEverySeconds = 60

export type SessionUser = { orgId: string; id: string; name: string; email: string; roles: Role[]; sessionId: string }

/** Whose sessions ended: one session, or all of a person but perhaps one. For a revoked key `userId` is the key's id. */
export type Ended = { orgId: string; userId: string; sessionId?: string; except?: string | null }

type Db = Kysely<DB>

/** Sessions of the web: 32 random bytes in a cookie, of which only the SHA-256 is stored. */
export class Sessions {
  readonly #db: Db
  readonly #listeners: ((ended: Ended) => void)[] = []

  constructor(db: Db) {
    this.#db = db
  }

  /** A new token at each sign-in. Answers it; it is not stored in clear. */
  async open(
    input: { orgId: string; userId: string; userAgent: string | undefined; ip: string },
    db: Db = this.#db,
  ): Promise<string> {
    const token = newSecret(32)
    await sql`
      INSERT INTO sessions (token_hash, id, org_id, user_id, ends_at, user_agent, ip)
      VALUES (${hashSecret(token)}, ${newId()}, ${input.orgId}, ${input.userId}, now() + make_interval(days => ${absoluteDays}),
        ${input.userAgent?.slice(0, 500) ?? null}, ${input.ip})`.execute(db)
    return token
  }

  /** Who holds this token, unless it is idle, over, or its person not active any more. */
  async find(token: string): Promise<SessionUser | null> {
    const user = await this.#live(sql`s.token_hash = ${hashSecret(token)}`)
    if (user?.stale) await this.#seen(user)
    return user ?? null
  }

  /** The same by the session's id, for open sockets; counts as no sign of life. */
  async findById(sessionId: string): Promise<SessionUser | null> {
    return (await this.#live(sql`s.id = ${sessionId}`)) ?? null
  }

  /** Ends the sessions in `db`, which may be a transaction: then call `announce` after its commit. */
  async end(ended: Ended, db: Db = this.#db): Promise<void> {
    await sql`
      DELETE FROM sessions WHERE org_id = ${ended.orgId} AND user_id = ${ended.userId}
        ${ended.sessionId === undefined ? sql`` : sql`AND id = ${ended.sessionId}`}
        ${ended.except ? sql`AND id <> ${ended.except}` : sql``}`.execute(db)
    if (db === this.#db) this.announce(ended)
  }

  /** Open sockets of this process end at once; those of another one at their next check. */
  announce(ended: Ended): void {
    for (const listener of this.#listeners) listener(ended)
  }

  onEnded(listener: (ended: Ended) => void): void {
    this.#listeners.push(listener)
  }

  async prune(): Promise<void> {
    await sql`DELETE FROM sessions WHERE ends_at < now() OR seen_at < now() - make_interval(hours => ${idleHours})`.execute(
      this.#db,
    )
  }

  async #live(which: RawBuilder<unknown>): Promise<(SessionUser & { stale: boolean }) | undefined> {
    const found = await sql<SessionUser & { stale: boolean }>`
      SELECT u.org_id, u.id, u.name, u.email, u.roles, s.id AS session_id,
        s.seen_at < now() - make_interval(secs => ${seenEverySeconds}) AS stale
      FROM sessions s JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
      WHERE ${which} AND s.ends_at > now() AND s.seen_at > now() - make_interval(hours => ${idleHours}) AND u.status = 'active'`.execute(
      this.#db,
    )
    return found.rows[0]
  }

  async #seen(user: SessionUser): Promise<void> {
    await sql`UPDATE sessions SET seen_at = now() WHERE id = ${user.sessionId}`.execute(this.#db)
    await sql`UPDATE users SET last_seen_at = now() WHERE org_id = ${user.orgId} AND id = ${user.id}`.execute(this.#db)
  }
}
