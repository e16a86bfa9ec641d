import { z } from "zod"
import { ok } from "./answer.ts"
import { type Route, route } from "./route.ts"

const Part = z.record(z.string(), z.unknown())

const SystemAnswer = z.object({
  version: z.string(),
  database: Part,
  carriers: z.array(Part),
  mail: Part,
  jobs: z.object({ ready: z.int(), failed: z.int() }),
  parked: z.int(),
  lease: Part.nullable(),
  invariants: z.array(Part),
  disk: Part,
})

export type SystemState = z.infer<typeof SystemAnswer>

/** How the server is (api.md 2.15), for the organization of the caller where it is the organization's. */
export function systemRoutes({ readSystem }: { readSystem: (orgId: string) => Promise<SystemState> }): Route[] {
  return [
    route({
      method: "GET",
      path: "/system",
      action: "system.read",
      answers: { 200: SystemAnswer },
      handle: async ({ principal }) => ok(await readSystem(principal.orgId)),
    }),
  ]
}
