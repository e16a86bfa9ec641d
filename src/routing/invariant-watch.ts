import type { Clock } from "../clock.ts"
import type { Store } from "../store/write.ts"
import { brokenBy, findBreaking } from "./invariants.ts"
import type { BreakingRow, Broken } from "./invariant-check.ts"

/** Looks each minute; what is broken, and still so a moment later, is said once: event `invariant.broken`, and `onBroken`. */
export interface InvariantWatch {
  start(): void
  stop(): Promise<void>
  /** What was broken at the last look. */
  readonly broken: ReadonlyMap<string, readonly Broken[]>
  look(): Promise<void>
  /** Somebody else found something that must not be. */
  report(orgId: string, broken: Broken): Promise<void>
}

const lookMs = 60_000
/** Longer than anything is under way by rights, a decision on a loaded machine included. */
const confirmMs = 5_000

export function createInvariantWatch(deps: {
  store: Store
  clock: Clock
  onBroken: (orgId: string, broken: Broken) => void
  onError: (error: unknown) => void
}): InvariantWatch {
  const { store, clock } = deps
  const broken = new Map<string, readonly Broken[]>()
  let handle: NodeJS.Timeout | null = null
  let looking: Promise<void> | null = null
  let end: () => void = () => undefined
  let isStopped = false
  const stopped = new Promise<void>((resolve) => {
    end = resolve
  })

  async function look(): Promise<void> {
    const orgs = await store.db.selectFrom("organizations").select("id").execute()
    for (const { id: orgId } of orgs) {
      if (isStopped) return
      const found = await lastingIn(orgId)
      const known = new Set(broken.get(orgId)?.map(nameOf))
      broken.set(orgId, found)
      for (const one of found) if (!known.has(nameOf(one))) await report(orgId, one)
    }
  }

  async function lastingIn(orgId: string): Promise<Broken[]> {
    const first = await findBreaking(store.db, orgId, clock.now())
    if (first.size === 0) return []
    await Promise.race([clock.sleep(confirmMs), stopped])
    if (isStopped) return []
    const second = await findBreaking(store.db, orgId, clock.now())
    return [...second].flatMap(([check, rows]) => {
      const before = new Set(first.get(check)?.map(markOf))
      const same = rows.filter((row) => before.has(markOf(row)))
      return same.length > 0 ? [brokenBy(check, same)] : []
    })
  }

  async function report(orgId: string, one: Broken): Promise<void> {
    deps.onBroken(orgId, one)
    const { invariant, count, sampleIds: ids } = one
    await store.write({ orgId, kind: "act" }, async (tx) => {
      tx.event("invariant.broken", { invariant, count, ids })
    })
  }

  return {
    broken,
    look,
    report,
    start() {
      handle = setInterval(() => {
        looking ??= look()
          .catch(deps.onError)
          .finally(() => {
            looking = null
          })
      }, lookMs)
    },
    async stop() {
      isStopped = true
      end()
      if (handle) clearInterval(handle)
      await looking
    },
  }
}

/** One invariant may have several checks. */
function nameOf({ invariant, what }: Broken): string {
  return `${invariant} ${what}`
}

function markOf({ id, mark }: BreakingRow): string {
  return mark ?? id
}
