import { invalid, problem, type FieldError } from "../problem.ts"
import type { Tx } from "../store/write.ts"
import { inboxUses, lockInbox } from "./inbox.ts"

export type Replacement = { use: { kind: string; id: string }; inboxId: string }

/** Moves what waits in one Inbox to another (routing.md 1.3, last row); handed in by main.ts. */
export type MoveWaiting = (tx: Tx, fromInboxId: string, toInboxId: string) => Promise<void>

/**
 * Ends an Inbox: refused with the list of its uses, unless each use names a replacement (spec 2.7). What waits in it moves
 * along; conversations that agents already have stay with them.
 */
export async function deactivateInbox(
  tx: Tx,
  id: string,
  replacements: readonly Replacement[],
  moveWaiting: MoveWaiting,
): Promise<void> {
  const row = await lockInbox(tx, id)
  if (row.deactivatedAt !== null) return
  const uses = await inboxUses(tx.db, tx.orgId, id)
  const chosen = new Map(replacements.map((one) => [`${one.use.kind} ${one.use.id}`, one.inboxId]))
  if (uses.some((use) => !chosen.has(`${use.kind} ${use.id}`))) throw problem("inbox_in_use", { uses })
  await refuseUnknown(tx, id, replacements)
  const stamp = { updatedAt: tx.now, updatedBy: JSON.stringify(tx.actor) }
  for (const use of uses) {
    const inboxId = chosen.get(`${use.kind} ${use.id}`) ?? ""
    if (use.kind === "channel_default") {
      await tx.db
        .updateTable("channelRoutings")
        .set((eb) => ({ defaultInboxId: inboxId, version: eb("version", "+", 1), ...stamp }))
        .where("orgId", "=", tx.orgId)
        .where("section", "=", use.id)
        .execute()
    } else if (use.kind === "exception") {
      const exception = await tx.db
        .updateTable("entryPointExceptions")
        .set({ inboxId })
        .where("orgId", "=", tx.orgId)
        .where("entryPointId", "=", use.id)
        .returning("section")
        .executeTakeFirst()
      if (exception) {
        await tx.db
          .updateTable("channelRoutings")
          .set((eb) => ({ version: eb("version", "+", 1), ...stamp }))
          .where("orgId", "=", tx.orgId)
          .where("section", "=", exception.section)
          .execute()
      }
    } else if (use.kind === "fallback") {
      await tx.db.updateTable("organizations").set({ fallbackInboxId: inboxId }).where("id", "=", tx.orgId).execute()
    }
  }
  await tx.db
    .updateTable("inboxes")
    .set({ deactivatedAt: tx.now, deactivatedBy: JSON.stringify(tx.actor), version: row.version + 1 })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  const target = replacements[0]?.inboxId ?? (await fallbackInbox(tx))
  if (target && target !== id) await moveWaiting(tx, id, target)
  tx.event("inbox.updated", { inboxId: id, before: { deactivated: false }, after: { deactivated: true } })
  tx.audit({
    entityType: "inbox",
    entityId: id,
    entityName: row.name,
    action: "updated",
    before: { deactivated: false, uses },
    after: { deactivated: true, replacements },
  })
}

export async function reactivateInbox(tx: Tx, id: string): Promise<void> {
  const row = await lockInbox(tx, id)
  if (row.deactivatedAt === null) return
  await tx.db
    .updateTable("inboxes")
    .set({ deactivatedAt: null, deactivatedBy: null, version: row.version + 1 })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  tx.event("inbox.updated", { inboxId: id, before: { deactivated: true }, after: { deactivated: false } })
  tx.audit({
    entityType: "inbox",
    entityId: id,
    entityName: row.name,
    action: "updated",
    before: { deactivated: true },
    after: { deactivated: false },
  })
}

async function refuseUnknown(tx: Tx, id: string, replacements: readonly Replacement[]): Promise<void> {
  const rows = await tx.db.selectFrom("inboxes").select(["id", "deactivatedAt"]).where("orgId", "=", tx.orgId).execute()
  const state = new Map(rows.map((row) => [row.id, row.deactivatedAt === null && row.id !== id]))
  const errors: FieldError[] = replacements.flatMap((one, index) => {
    const pointer = `#/replacements/${index}/inboxId`
    if (!state.has(one.inboxId))
      return [{ pointer, code: "unknown_reference", detail: "This Inbox does not exist. Choose one from the list." }]
    return state.get(one.inboxId)
      ? []
      : [{ pointer, code: "inbox_deactivated", detail: "Choose another, active Inbox." }]
  })
  if (errors.length > 0) throw invalid(...errors)
}

async function fallbackInbox(tx: Tx): Promise<string | null> {
  const row = await tx.db
    .selectFrom("organizations")
    .select("fallbackInboxId")
    .where("id", "=", tx.orgId)
    .executeTakeFirst()
  return row?.fallbackInboxId ?? null
}
