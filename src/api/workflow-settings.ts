import { sql } from "kysely"
import { z } from "zod"
import { WorkflowSettings } from "../core/workflow/settings.ts"
import { invalid, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { mergePatch } from "../workflow/settings.ts"
import { ok } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { fieldErrors, inBody } from "./field-errors.ts"
import { type Route, route } from "./route.ts"
import { whenSettled } from "./settled.ts"

/** Conversation Workflow (spec 6.6, api.md 2.14). */

const Shown = WorkflowSettings.extend({ version: z.int() })

/** A merge patch: every field at any depth may be absent; what results is judged as a whole. */
const Patch = z.object({
  voice: z.object(unjudged(WorkflowSettings.shape.voice)).optional(),
  messaging: z.object(unjudged(WorkflowSettings.shape.messaging)).optional(),
  mail: z
    .object({
      ...unjudged(WorkflowSettings.shape.mail),
      autoReply: z.object(unjudged(WorkflowSettings.shape.mail.shape.autoReply)).optional(),
    })
    .optional(),
  reopenSeconds: z.unknown().optional(),
  topicRequiredToClose: z.unknown().optional(),
  tollFreeDailyCap: z.unknown().optional(),
  autoAwaySeconds: z.unknown().optional(),
  autoLogoutSeconds: z.unknown().optional(),
  absentGraceSeconds: z.object(unjudged(WorkflowSettings.shape.absentGraceSeconds)).optional(),
})

function unjudged(schema: z.ZodObject): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(Object.keys(schema.shape).map((key) => [key, z.unknown().optional()]))
}

export function workflowSettingsRoutes({
  store,
  settled,
}: {
  store: Store
  /** Routing knows what was committed so far. */
  settled: (orgId: string) => Promise<void>
}): Route[] {
  return [
    route({
      method: "GET",
      path: "/workflow-settings",
      action: "workflow.read",
      answers: { 200: Shown },
      async handle({ principal }) {
        const row = await store.db
          .selectFrom("workflowSettings")
          .select(["settings", "version"])
          .where("orgId", "=", principal.orgId)
          .executeTakeFirst()
        if (!row) throw problem("not_found")
        return ok({ ...WorkflowSettings.parse(row.settings), version: row.version })
      },
    }),
    route({
      method: "PATCH",
      path: "/workflow-settings",
      action: "workflow.edit",
      versioned: true,
      body: Patch,
      answers: { 200: Shown },
      async handle({ principal, body, ifMatch, write }) {
        const answer = await write(async (tx) => {
          const row = await tx.db
            .selectFrom("workflowSettings")
            .selectAll()
            .where("orgId", "=", tx.orgId)
            .forUpdate()
            .executeTakeFirst()
          if (!row) throw problem("not_found")
          expectVersion(ifMatch, row)
          const before = WorkflowSettings.parse(row.settings)
          const read = WorkflowSettings.safeParse(mergePatch(before, withoutAbsent(body)), { reportInput: true })
          if (!read.success) throw invalid(...fieldErrors(read.error.issues, inBody))
          const after = read.data
          if (after.messaging.standardCapacity > after.messaging.maximumCapacity) {
            throw invalid({
              pointer: "#/messaging/standardCapacity",
              code: "capacity_order",
              detail: "At most the maximum capacity.",
            })
          }
          if (JSON.stringify(before) === JSON.stringify(after)) return ok({ ...before, version: row.version })
          const version = row.version + 1
          await tx.db
            .updateTable("workflowSettings")
            .set({ settings: JSON.stringify(after), version, updatedAt: tx.now, updatedBy: JSON.stringify(tx.actor) })
            .where("orgId", "=", tx.orgId)
            .execute()
          const agents = await applyCapacity(tx, after)
          tx.touch({ agents })
          tx.event("workflow_settings.updated", { version, before, after })
          tx.audit({
            entityType: "workflow_settings",
            entityId: tx.orgId,
            entityName: "Conversation workflow",
            action: "updated",
            before,
            after,
          })
          return ok({ ...after, version })
        })
        await whenSettled(settled(principal.orgId))
        return answer
      },
    }),
  ]
}

/** Agents without a capacity of their own follow the organization's; nothing is taken away from them (routing.md 1.6). */
async function applyCapacity(tx: { db: Store["db"]; orgId: string }, settings: WorkflowSettings): Promise<string[]> {
  const changed = await sql<{ agentId: string }>`
    UPDATE agent_states a SET standard_capacity = ${settings.messaging.standardCapacity}, maximum_capacity = ${settings.messaging.maximumCapacity},
      version = a.version + 1
    FROM users u WHERE a.org_id = ${tx.orgId} AND u.org_id = a.org_id AND u.id = a.agent_id AND u.standard_capacity IS NULL
      AND (a.standard_capacity, a.maximum_capacity) <> (${settings.messaging.standardCapacity}, ${settings.messaging.maximumCapacity})
    RETURNING a.agent_id`.execute(tx.db)
  return changed.rows.map((row) => row.agentId)
}

function withoutAbsent(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, withoutAbsent(one)]),
  )
}
