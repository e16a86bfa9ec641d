import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import { Person } from "../core/people/person.ts"
import { RoleShape } from "../core/people/user.ts"
import { hashSecret, newId } from "../ids.ts"
import { newApiKey } from "../identity/api-keys.ts"
import type { Principal } from "../identity/principal.ts"
import type { Sessions } from "../identity/sessions.ts"
import { invalid, problem } from "../problem.ts"
import type { Store, Tx } from "../store/write.ts"
import { created, noContent, wholeList } from "./answer.ts"
import { type Route, route } from "./route.ts"

const ApiKey = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  roles: z.array(RoleShape),
  endsAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  createdBy: Person,
  createdAt: z.string(),
})

export type ApiKeyDeps = { store: Store; sessions: Sessions }

/** Keys for other systems (api.md 2.15). The key itself is shown once; only its SHA-256 is stored. */
export function apiKeyRoutes({ store, sessions }: ApiKeyDeps): Route[] {
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/api-keys",
      action: "apiKey.edit",
      answers: { 200: z.object({ items: z.array(ApiKey), nextCursor: z.null() }) },
      async handle({ principal }) {
        const rows = await db
          .selectFrom("apiKeys as k")
          .innerJoin("users as u", (join) => join.onRef("u.orgId", "=", "k.orgId").onRef("u.id", "=", "k.createdBy"))
          .select([
            "k.id",
            "k.name",
            "k.prefix",
            "k.roles",
            "k.endsAt",
            "k.lastUsedAt",
            "k.createdAt",
            "u.id as makerId",
            "u.name as makerName",
          ])
          .where("k.orgId", "=", principal.orgId)
          .where("k.revokedAt", "is", null)
          .orderBy("k.id", "desc")
          .execute()
        return wholeList(
          rows.map(({ makerId, makerName, ...row }) => ({
            ...row,
            createdBy: { id: makerId, name: makerName, type: "user" },
          })),
        )
      },
    }),
    route({
      method: "POST",
      path: "/api-keys",
      action: "apiKey.edit",
      idempotent: true,
      summary: "Make a key; it never does what its maker may not do",
      body: z.object({
        name: oneLine(100).min(1),
        roles: z.array(RoleShape).min(1).max(7),
        endsAt: z.iso.datetime({ offset: true }).nullable().optional(),
      }),
      answers: { 201: ApiKey.extend({ key: z.string() }) },
      async handle({ principal, body, write }) {
        const endsAt = body.endsAt ? new Date(body.endsAt) : null
        if (endsAt && endsAt <= store.clock.real())
          throw invalid({ pointer: "#/endsAt", code: "in_past", detail: "Choose a time in the future." })
        return write(async (tx) => {
          const { key, prefix } = newApiKey()
          const row = { id: newId(), name: body.name, prefix, roles: [...new Set(body.roles)], endsAt }
          const maker = await tx.db
            .selectFrom("users")
            .select(["id", "name"])
            .where("orgId", "=", tx.orgId)
            .where("id", "=", principal.ownerId)
            .executeTakeFirstOrThrow()
          const bounds = JSON.stringify(await boundsOf(tx, principal))
          const { createdAt } = await tx.db
            .insertInto("apiKeys")
            .values({ orgId: tx.orgId, ...row, bounds, keyHash: hashSecret(key), createdBy: maker.id })
            .returning("createdAt")
            .executeTakeFirstOrThrow()
          tx.event("api_key.added", { apiKeyId: row.id, before: null, after: row })
          tx.audit({ entityType: "api_key", entityId: row.id, entityName: row.name, action: "added", after: row })
          return created(`/api-keys/${row.id}`, {
            ...row,
            lastUsedAt: null,
            createdBy: { ...maker, type: "user" },
            createdAt,
            key,
          })
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/api-keys/:id",
      action: "apiKey.edit",
      summary: "Revoke a key at once",
      answers: { 204: null },
      handle: ({ params, write }) =>
        write(async (tx) => {
          const row = await tx.db
            .updateTable("apiKeys")
            .set({ revokedAt: store.clock.real() })
            .where("orgId", "=", tx.orgId)
            .where("id", "=", params.id)
            .where("revokedAt", "is", null)
            .returning(["id", "name", "prefix", "roles"])
            .executeTakeFirst()
          if (!row) throw problem("not_found")
          tx.event("api_key.removed", { apiKeyId: row.id, before: row, after: null })
          tx.audit({ entityType: "api_key", entityId: row.id, entityName: row.name, action: "removed", before: row })
          tx.afterCommit(() => sessions.announce({ orgId: tx.orgId, userId: row.id }))
          return noContent()
        }),
    }),
  ]
}

/** What bounds a key that this caller makes: nothing but its maker's roles, or all that bounds the key that makes it. */
async function boundsOf(tx: Tx, principal: Principal): Promise<unknown[]> {
  if (principal.type === "user") return []
  const { roles, bounds } = await tx.db
    .selectFrom("apiKeys")
    .select(["roles", "bounds"])
    .where("orgId", "=", tx.orgId)
    .where("id", "=", principal.id)
    .executeTakeFirstOrThrow()
  return [...(bounds as unknown[]), roles]
}
