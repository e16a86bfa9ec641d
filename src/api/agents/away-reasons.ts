import { z } from "zod"
import { oneLine } from "../../core/one-line.ts"
import { newId } from "../../ids.ts"
import { problem } from "../../problem.ts"
import type { Store, Tx } from "../../store/write.ts"
import { created, noContent, ok, wholeList } from "../answer.ts"
import { expectVersion } from "../etag.ts"
import { type Route, route } from "../route.ts"

const Kind = z.enum(["away", "active"])
const AwayReason = z.object({ id: z.string(), name: z.string(), kind: Kind, version: z.int() })
const Name = oneLine(100).min(1)

/** Reasons to be away, or to be active in a certain way (spec 5). */
export function awayReasonRoutes({ store }: { store: Store }): Route[] {
  return [
    route({
      method: "GET",
      path: "/away-reasons",
      action: "signed_in",
      answers: { 200: z.object({ items: z.array(AwayReason), nextCursor: z.null() }) },
      async handle({ principal }) {
        const rows = await store.db
          .selectFrom("awayReasons")
          .select(["id", "name", "kind", "version"])
          .where("orgId", "=", principal.orgId)
          .where("deletedAt", "is", null)
          .orderBy("kind")
          .orderBy("name")
          .orderBy("id")
          .execute()
        return wholeList(rows)
      },
    }),
    route({
      method: "POST",
      path: "/away-reasons",
      action: "workflow.edit",
      idempotent: true,
      body: z.object({ name: Name, kind: Kind.default("away") }),
      answers: { 201: AwayReason },
      async handle({ body, write, keep }) {
        return write(async (tx) => {
          const reason = { id: newId(), ...body, version: 1 }
          await tx.db
            .insertInto("awayReasons")
            .values({ orgId: tx.orgId, ...reason, createdAt: tx.now })
            .execute()
          record(tx, reason.id, reason.name, "added", undefined, reason)
          const answer = created(`/away-reasons/${reason.id}`, reason)
          await keep(tx, answer)
          return answer
        })
      },
    }),
    route({
      method: "PATCH",
      path: "/away-reasons/:id",
      action: "workflow.edit",
      versioned: true,
      body: z.object({ name: Name.optional(), kind: Kind.optional() }),
      answers: { 200: AwayReason },
      async handle({ params, body, ifMatch, write }) {
        return write(async (tx) => {
          const before = await lockReason(tx, params.id)
          expectVersion(ifMatch, before)
          const after = {
            ...before,
            name: body.name ?? before.name,
            kind: body.kind ?? before.kind,
            version: before.version + 1,
          }
          await tx.db
            .updateTable("awayReasons")
            .set({ name: after.name, kind: after.kind, version: after.version })
            .where("orgId", "=", tx.orgId)
            .where("id", "=", params.id)
            .execute()
          record(tx, params.id, after.name, "updated", before, after)
          return ok(after)
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/away-reasons/:id",
      action: "workflow.edit",
      answers: { 204: null },
      async handle({ params, write }) {
        await write(async (tx) => {
          const before = await lockReason(tx, params.id)
          await tx.db
            .updateTable("awayReasons")
            .set({ deletedAt: tx.now })
            .where("orgId", "=", tx.orgId)
            .where("id", "=", params.id)
            .execute()
          record(tx, params.id, before.name, "removed", before, undefined)
        })
        return noContent()
      },
    }),
  ]
}

async function lockReason(tx: Tx, id: string) {
  const row = await tx.db
    .selectFrom("awayReasons")
    .select(["id", "name", "kind", "version"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .where("deletedAt", "is", null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return row
}

function record(
  tx: Tx,
  id: string,
  name: string,
  action: "added" | "updated" | "removed",
  before?: object,
  after?: object,
): void {
  tx.event(`away_reason.${action}`, { awayReasonId: id, before: before ?? null, after: after ?? null })
  tx.audit({ entityType: "away_reason", entityId: id, entityName: name, action, before, after })
}
