import { z } from "zod"
import type { TextChannel } from "../core/conversations/place.ts"
import { Explanation } from "../core/routing/explanation.ts"
import { foreseeResolution } from "../entry-points/preview-section.ts"
import { foresee } from "../intake/foresee.ts"
import { type FieldError, invalid } from "../problem.ts"
import { explainImagined } from "../routing/explain-imagined.ts"
import type { Routing } from "../routing/runner.ts"
import { live, loadPicture } from "../store/ways-in.ts"
import type { Store } from "../store/write.ts"
import { ok } from "./answer.ts"
import { SectionInput, sectionLimits } from "./entry-points.ts"
import { type Route, route } from "./route.ts"

/**
 * "Where would it go?" (api.md 2.4): a request that nobody sent, judged as intake would, by the settings as saved or by
 * a section that is not saved yet. `customer`, `text` and `digits` change nothing until rules and IVRs read them.
 */
export function imaginedExplanationRoutes({
  store,
  routing,
}: {
  store: Store
  routing: Pick<Routing, "foresee">
}): Route[] {
  const { db } = store
  return [
    route({
      method: "POST",
      path: "/explanations",
      action: "routing.explain",
      summary: "Where a request would go, and why; nothing is created",
      body: z.object({
        entryPointId: z.uuid(),
        at: z.iso.datetime({ offset: true }).nullish(),
        customerId: z.uuid().nullish(),
        customer: z.object({ attributes: z.record(z.string(), z.unknown()).optional() }).nullish(),
        text: z.string().nullish(),
        digits: z.string().nullish(),
        routing: SectionInput.nullish(),
      }),
      limits: sectionLimits,
      answers: { 200: Explanation },
      async handle({ principal, body, now, write }) {
        const { orgId } = principal
        const picture = await loadPicture(db, orgId)
        const entryPoint = live(picture).find((row) => row.id === body.entryPointId && row.channel !== "voice")
        const customer = body.customerId ? await findCustomer(store, orgId, body.customerId) : null
        if (!entryPoint || (body.customerId && !customer))
          throw invalid(
            ...(entryPoint ? [] : [unknownReference("#/entryPointId", "There is no such entry point.")]),
            ...(body.customerId && !customer ? [unknownReference("#/customerId", "There is no such customer.")] : []),
          )
        const unsaved = body.routing ?? null
        const { slaMinutesText, ...choice } = await foreseeResolution(db, orgId, { picture, entryPoint, unsaved })
        const receivedAt = body.at ? new Date(body.at) : now
        const request = { ...choice, receivedAt, entryPointId: entryPoint.id, customerId: customer?.id ?? null }
        const channel = entryPoint.channel as TextChannel
        const foreseen = await write((tx) => foresee(tx, { ...request, channel }))
        const { timeZone } = await store.db
          .selectFrom("organizations")
          .select("timeZone")
          .where("id", "=", orgId)
          .executeTakeFirstOrThrow()
        const imagined = { ...request, ...foreseen, slaMinutesText, customerName: customer?.name ?? null, timeZone }
        return ok(await explainImagined(db, orgId, imagined, routing))
      },
    }),
  ]
}

function unknownReference(pointer: string, detail: string): FieldError {
  return { pointer, code: "unknown_reference", detail }
}

async function findCustomer({ db }: Store, orgId: string, id: string) {
  return db
    .selectFrom("customers")
    .select(["id", "name"])
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .where("mergedIntoId", "is", null)
    .executeTakeFirst()
}
