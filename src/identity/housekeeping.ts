import type { Kysely } from "kysely"
import type { DB } from "../store/tables.ts"
import type { Sessions } from "./sessions.ts"
import { pruneTokens } from "./tokens.ts"
import type { Tries } from "./tries.ts"

const everyMs = 10 * 60_000

/** Takes away what is over: sessions, tokens, counted tries, kept answers. True clock. Answers how to stop it. */
export function keepHouse(
  deps: { db: Kysely<DB>; sessions: Sessions; tries: Tries; idempotency: { prune(): Promise<unknown> } },
  onError: (error: unknown) => void,
): () => void {
  const sweep = () => {
    const done = Promise.all([
      deps.sessions.prune(),
      deps.tries.prune(),
      pruneTokens(deps.db),
      deps.idempotency.prune(),
    ])
    done.catch(onError)
  }
  const timer = setInterval(sweep, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
