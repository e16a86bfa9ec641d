import { sql } from "kysely"
import { z } from "zod"
import { invalid } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import type { BusinessTimer, Timers } from "../../timers.ts"
import { ok } from "../answer.ts"
import { type Route, route } from "../route.ts"

/** The test clock (api.md 2.16): business instants move on, and what falls due on the way happens in order. */

export type SandboxClockDeps = { store: Store; timers: Timers; config: { testClock: boolean } }

const yearSeconds = 31_536_000
const Now = z.object({ now: z.string() })
const Moved = z.object({ now: z.string(), fired: z.int() })

/** None without TEST_CLOCK=1: their paths are then no paths. */
export function sandboxClockRoutes({ store, timers, config }: SandboxClockDeps): Route[] {
  if (!config.testClock) return []
  const { clock, db } = store

  async function moveTo(target: Date) {
    const fired = await timers.advanceTo(target)
    await sql`
      INSERT INTO test_clock (id, offset_ms) VALUES (1, ${Math.round(clock.offsetMs)})
      ON CONFLICT (id) DO UPDATE SET offset_ms = greatest(test_clock.offset_ms, excluded.offset_ms)`.execute(db)
    timers.wake()
    return ok({ now: clock.now(), fired })
  }

  return [
    route({
      method: "GET",
      path: "/sandbox/clock",
      action: "sandbox.use",
      answers: { 200: Now },
      handle: async () => ok({ now: clock.now() }),
    }),
    route({
      method: "PUT",
      path: "/sandbox/clock",
      action: "sandbox.use",
      summary: "Sets the business clock ahead to an instant",
      body: z.object({ now: z.iso.datetime({ offset: true }) }),
      answers: { 200: Moved },
      async handle({ body }) {
        const target = new Date(body.now)
        const ahead = target.getTime() - clock.now().getTime()
        if (ahead < 0) throw invalid({ pointer: "#/now", code: "in_past", detail: "The clock only moves on." })
        if (ahead > yearSeconds * 1000)
          throw invalid({ pointer: "#/now", code: "too_large", detail: "At most a year at once." })
        return moveTo(target)
      },
    }),
    route({
      method: "POST",
      path: "/sandbox/clock/advances",
      action: "sandbox.use",
      body: z.object({ seconds: z.number().min(0).max(yearSeconds) }),
      answers: { 200: Moved },
      handle: ({ body }) => moveTo(new Date(clock.now().getTime() + body.seconds * 1000)),
    }),
  ]
}

const followMs = 300

/** Follows the clock that another process of this database moved: register it with the timers where TEST_CLOCK=1. */
export function testClockFollower({ clock, db }: Store): BusinessTimer {
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    name: "test clock",
    nextAt: () => null,
    async fire() {
      if (clock.monotonic() - lookedAt < followMs) return 0
      lookedAt = clock.monotonic()
      const row = await db.selectFrom("testClock").select("offsetMs").where("id", "=", 1).executeTakeFirst()
      if (row && row.offsetMs > clock.offsetMs) clock.setOffset(row.offsetMs)
      return 0
    },
  }
}
