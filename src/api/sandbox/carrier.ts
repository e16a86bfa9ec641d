import { z } from "zod"
import {
  readLog,
  readSettings,
  type SandboxSettings,
  sandboxOperations,
  writeSettings,
} from "../../carriers/sandbox/settings.ts"
import type { Store } from "../../store/write.ts"
import { ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { requireSandbox } from "./messages.ts"

/** How the sandbox's telephone company behaves (api.md 2.16). */

const FailNext = z.object({
  operation: z.enum(sandboxOperations),
  count: z.int().min(1).max(1_000).default(1),
  /** A status of HTTP, or one of the carrier's error codes: 21xxx are refused at once, others fail on the way. */
  code: z.union([z.int(), z.string().max(20)]).default(500),
})
const Shown = z.object({
  seed: z.int(),
  latencyMs: z.int(),
  failNext: FailNext.nullable(),
  loseNextAnswer: z.boolean(),
  decideAfterSeconds: z.int().nullable(),
  log: z.array(z.object({ operation: z.string(), at: z.string(), key: z.string().nullable() })),
})
const Change = z.object({
  seed: z.int().min(0).max(2_147_483_647).optional(),
  latencyMs: z.int().min(0).max(60_000).optional(),
  failNext: FailNext.nullable().optional(),
  loseNextAnswer: z.boolean().optional(),
  decideAfterSeconds: z.int().min(0).max(31_536_000).nullable().optional(),
})

export function sandboxCarrierRoutes({ store }: { store: Store }): Route[] {
  const { db } = store
  const show = async (orgId: string) => ok({ ...(await readSettings(db, orgId)), log: await readLog(db, orgId) })
  return [
    route({
      method: "GET",
      path: "/sandbox/carrier",
      action: "sandbox.use",
      answers: { 200: Shown },
      async handle({ principal }) {
        await requireSandbox(store, principal.orgId)
        return show(principal.orgId)
      },
    }),
    route({
      method: "PATCH",
      path: "/sandbox/carrier",
      action: "sandbox.use",
      body: Change,
      answers: { 200: Shown },
      async handle({ principal, body }) {
        await requireSandbox(store, principal.orgId)
        await writeSettings(db, principal.orgId, merged(await readSettings(db, principal.orgId), body))
        return show(principal.orgId)
      },
    }),
  ]
}

function merged(before: SandboxSettings, change: z.output<typeof Change>): SandboxSettings {
  return {
    seed: change.seed ?? before.seed,
    latencyMs: change.latencyMs ?? before.latencyMs,
    failNext: change.failNext === undefined ? before.failNext : change.failNext,
    loseNextAnswer: change.loseNextAnswer ?? before.loseNextAnswer,
    decideAfterSeconds: change.decideAfterSeconds === undefined ? before.decideAfterSeconds : change.decideAfterSeconds,
  }
}
