import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import type { Kysely } from "kysely"
import type { DB } from "../store/tables.ts"
import { readCookie } from "./cookie.ts"
import { findApiKey } from "./api-keys.ts"
import { actionsOf, keyPrincipal, type Principal, personPrincipal } from "./principal.ts"
import type { Sessions } from "./sessions.ts"

/** `by` says what signed the caller in: only a cookie needs a look at the origin. */
export type Caller = { principal: Principal; by: "cookie" | "bearer" }

export class Authenticator {
  readonly #db: Kysely<DB>
  readonly #sessions: Sessions
  readonly #operatorToken: string
  readonly cookieName: string

  constructor(deps: { db: Kysely<DB>; sessions: Sessions; operatorToken: string; cookieName: string }) {
    this.#db = deps.db
    this.#sessions = deps.sessions
    this.#operatorToken = deps.operatorToken
    this.cookieName = deps.cookieName
  }

  /** Who calls, or null. A bearer token wins over a cookie, even where it is wrong. */
  async callerOf(headers: IncomingHttpHeaders): Promise<Caller | null> {
    const presented = bearerOf(headers)
    if (presented !== null) {
      const found = await findApiKey(this.#db, { presented })
      return found && { principal: keyPrincipal(found.key, found.maker), by: "bearer" }
    }
    const token = readCookie(headers.cookie, this.cookieName)
    if (!token) return null
    const user = await this.#sessions.find(token)
    return user && { principal: personPrincipal(user, user.sessionId), by: "cookie" }
  }

  /** Whether an open socket's principal may stay as it is: its session or key lives, and allows the same. Asked each 30 s. */
  async stillHolds(principal: Principal): Promise<boolean> {
    const now = await this.#again(principal)
    return now !== null && actionsOf(now).join() === actionsOf(principal).join()
  }

  async #again(principal: Principal): Promise<Principal | null> {
    if (principal.sessionId === null) {
      const found = await findApiKey(this.#db, { orgId: principal.orgId, id: principal.id })
      return found && keyPrincipal(found.key, found.maker)
    }
    const user = await this.#sessions.findById(principal.sessionId)
    return user && personPrincipal(user, user.sessionId)
  }

  isOperator(headers: IncomingHttpHeaders): boolean {
    const presented = bearerOf(headers)
    return presented !== null && sameSecret(presented, this.#operatorToken)
  }
}

function bearerOf(headers: IncomingHttpHeaders): string | null {
  const authorization = headers.authorization
  // Another scheme is not for us: a proxy in front may have asked for it.
  if (authorization === undefined || !/^Bearer\b/i.test(authorization)) return null
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ""
}

/** Constant time, whatever the lengths. */
export function sameSecret(presented: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(presented), digest(expected))
}
