import { sql } from "kysely"
import { z } from "zod"
import { Country, Organization, OrganizationName, RetentionDays, TimeZone } from "../core/people/organization.ts"
import { MailAddress, RoleShape } from "../core/people/user.ts"
import { newId } from "../ids.ts"
import {
  createOrganization,
  type OnOrganizationCreated,
  readOrganization,
  showOrganization,
} from "../identity/organizations.ts"
import { firstRoles, makeSetupLink } from "../identity/setup.ts"
import { invalid, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { created, noContent, ok } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { type Route, route } from "./route.ts"

export type OrganizationDeps = {
  store: Store
  publicUrl: string
  onOrganizationCreated: readonly OnOrganizationCreated[]
  /** What else must end with an organization: connections, timers. */
  onOrganizationDeleted?: (orgId: string) => Promise<void>
}

const ListedOrganization = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  country: z.string(),
  createdAt: z.string(),
})

/** The caller's organization, and for the operator all of the server (api.md 2.1). */
export function organizationRoutes(deps: OrganizationDeps): Route[] {
  const { store } = deps
  const { db } = store
  return [
    route({
      method: "GET",
      path: "/organization",
      action: "organization.read",
      answers: { 200: Organization },
      handle: async ({ principal }) => ok(showOrganization(await readOrganization(db, principal.orgId))),
    }),
    route({
      method: "PATCH",
      path: "/organization",
      action: "organization.edit",
      versioned: true,
      body: z
        .object({
          name: OrganizationName,
          timeZone: TimeZone,
          country: Country,
          fallbackInboxId: z.uuid().nullable(),
          sandboxEnabled: z.boolean(),
          retentionDays: RetentionDays,
        })
        .partial(),
      answers: { 200: Organization },
      handle: ({ body, ifMatch, write }) =>
        write(async (tx) => {
          await sql`SELECT 1 FROM organizations WHERE id = ${tx.orgId} FOR UPDATE`.execute(tx.db)
          const before = await readOrganization(tx.db, tx.orgId)
          expectVersion(ifMatch, before)
          if (body.fallbackInboxId) await refuseInbox(tx.db, tx.orgId, body.fallbackInboxId)
          const shown = showOrganization(before)
          const next = { ...shown, ...definedOf(body), retentionDays: retentionAfter(shown.retentionDays, body) }
          await tx.db
            .updateTable("organizations")
            .set({
              name: next.name,
              timeZone: next.timeZone,
              country: next.country,
              fallbackInboxId: next.fallbackInboxId,
              sandboxEnabled: next.sandboxEnabled,
              retention: next.retentionDays === null ? null : JSON.stringify(next.retentionDays),
              version: before.version + 1,
              updatedAt: tx.now,
              updatedBy: JSON.stringify(tx.actor),
            })
            .where("id", "=", tx.orgId)
            .execute()
          const after = showOrganization(await readOrganization(tx.db, tx.orgId))
          tx.event("organization.updated", { before: showOrganization(before), after })
          tx.audit({
            entityType: "organization",
            entityId: tx.orgId,
            entityName: after.name,
            action: "updated",
            before: showOrganization(before),
            after,
          })
          return ok(after)
        }),
    }),
    route({
      method: "GET",
      path: "/organizations",
      action: "operator",
      list: true,
      answers: { 200: z.object({ items: z.array(ListedOrganization), nextCursor: z.string().nullable() }) },
      async handle({ list, page }) {
        const after = typeof list.after?.[0] === "string" ? list.after[0] : null
        const rows = await db
          .selectFrom("organizations")
          .select(["id", "name", "timeZone", "country", "createdAt"])
          .$if(after !== null, (query) => query.where("id", ">", after ?? ""))
          .orderBy("id")
          .limit(list.limit + 1)
          .execute()
        return page(
          rows,
          (row) => [row.id],
          (row) => row,
        )
      },
    }),
    route({
      method: "POST",
      path: "/organizations",
      action: "operator",
      body: z.object({
        name: OrganizationName,
        timeZone: TimeZone,
        country: Country.default("US"),
        administratorEmail: MailAddress,
        roles: z.array(RoleShape).min(1).max(7).optional(),
      }),
      answers: { 201: z.object({ id: z.string(), setupLink: z.string() }) },
      async handle({ body, requestId }) {
        const orgId = newId()
        const actor = { type: "system" as const, id: null, name: "Operator of the server" }
        const { token } = await store.write({ orgId, kind: "act", actor, requestId }, async (tx) => {
          await createOrganization(
            tx,
            { name: body.name, timeZone: body.timeZone, country: body.country },
            deps.onOrganizationCreated,
          )
          return makeSetupLink(tx, {
            administratorEmail: body.administratorEmail,
            roles: [...(body.roles ?? firstRoles)],
          })
        })
        return created(`/organizations/${orgId}`, { id: orgId, setupLink: `${deps.publicUrl}/setup#code=${token}` })
      },
    }),
    route({
      method: "DELETE",
      path: "/organizations/:id",
      action: "operator",
      body: z.object({ name: z.string() }),
      answers: { 204: null },
      async handle({ params, body }) {
        const row = await db.selectFrom("organizations").select("name").where("id", "=", params.id).executeTakeFirst()
        if (!row) throw problem("not_found")
        if (row.name !== body.name) {
          throw invalid({
            pointer: "#/name",
            code: "confirmation_wrong",
            detail: "Enter the name of the organization to confirm.",
          })
        }
        await deleteOrganization(store, params.id)
        await deps.onOrganizationDeleted?.(params.id)
        return noContent()
      },
    }),
  ]
}

/** Every row of every table that belongs to it. */
async function deleteOrganization(store: Store, orgId: string): Promise<void> {
  const tables = await sql<{ name: string }>`
    SELECT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND c.column_name = 'org_id' AND t.table_type = 'BASE TABLE'`.execute(store.db)
  await store.db.transaction().execute(async (trx) => {
    // Tables point at each other; those that cannot go yet are tried again after the others.
    let left = tables.rows.map((row) => row.name)
    for (let round = 0; left.length > 0 && round < 10; round++) {
      const again: string[] = []
      for (const name of left) {
        await sql`SAVEPOINT one`.execute(trx)
        try {
          await sql`DELETE FROM ${sql.table(name)} WHERE org_id = ${orgId}`.execute(trx)
          await sql`RELEASE SAVEPOINT one`.execute(trx)
        } catch {
          await sql`ROLLBACK TO SAVEPOINT one`.execute(trx)
          again.push(name)
        }
      }
      left = again
    }
    await sql`DELETE FROM organizations WHERE id = ${orgId}`.execute(trx)
  })
}

async function refuseInbox(db: Store["db"], orgId: string, id: string): Promise<void> {
  const inbox = await db
    .selectFrom("inboxes")
    .select("deactivatedAt")
    .where("orgId", "=", orgId)
    .where("id", "=", id)
    .executeTakeFirst()
  if (!inbox)
    throw invalid({ pointer: "#/fallbackInboxId", code: "unknown_reference", detail: "This Inbox does not exist." })
  if (inbox.deactivatedAt) {
    throw invalid({
      pointer: "#/fallbackInboxId",
      code: "inbox_deactivated",
      detail: "This Inbox is deactivated. Choose an active one.",
    })
  }
}

function definedOf<T extends object>(body: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

function retentionAfter(
  before: Organization["retentionDays"],
  { retentionDays }: { retentionDays?: z.infer<typeof RetentionDays> | undefined },
): Organization["retentionDays"] {
  if (retentionDays === undefined) return before
  return retentionDays && { recordings: null, messages: null, ...before, ...definedOf(retentionDays) }
}
