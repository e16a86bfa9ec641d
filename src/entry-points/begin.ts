import { type ChannelName, type EntryPointKind, type Section, sectionOf, sections } from "../core/channels.ts"
import type { EntryPoint } from "../core/entry-points/entry-point.ts"
import { newId } from "../ids.ts"
import { problem } from "../problem.ts"
import type { Tx } from "../store/write.ts"
import { loadPicture } from "../store/ways-in.ts"
import { showEntryPoint } from "./read.ts"

export type NewEntryPoint = {
  channel: ChannelName
  kind: EntryPointKind
  address: string
  displayName: string
  mailboxId?: string
  chatAppId?: string
  phoneNumberId?: string
}

/**
 * Begins an entry point: it exists, is active and leads to its section's default Inbox at once (spec 2.2). Called in the
 * transaction that makes its mailbox, chat app or number. A section without a default takes the organization's fallback
 * Inbox; where there is none either: 409 `default_inbox_missing` (S12).
 */
export async function beginEntryPoint(tx: Tx, input: NewEntryPoint): Promise<string> {
  const section = sectionOf(input.channel, input.kind)
  if (section === null) throw new Error(`channel ${input.channel} has no entry points`)
  await ensureDefaultInbox(tx, section)
  const id = newId()
  const row = {
    orgId: tx.orgId,
    id,
    channel: input.channel,
    section,
    kind: input.kind,
    address: input.address,
    displayName: input.displayName,
    mailboxId: input.mailboxId ?? null,
    chatAppId: input.chatAppId ?? null,
    phoneNumberId: input.phoneNumberId ?? null,
    createdAt: tx.now,
    createdBy: JSON.stringify(tx.actor),
  }
  await tx.db.insertInto("entryPoints").values(row).execute()
  const { resolution } = await tellEntryPoint(tx, "entry_point.created", id)
  const entryPoint = {
    id,
    channel: input.channel,
    kind: input.kind,
    address: input.address,
    displayName: input.displayName,
    section,
    status: "active",
  }
  tx.audit({
    entityType: "entry_point",
    entityId: id,
    entityName: input.displayName,
    action: "added",
    after: { ...entryPoint, resolution },
  })
  return id
}

/** Ends an entry point and its exception; history keeps its address. */
export async function endEntryPoint(tx: Tx, entryPointId: string): Promise<void> {
  const ended = await tx.db
    .updateTable("entryPoints")
    .set((eb) => ({ status: "deleted", version: eb("version", "+", 1) }))
    .where("orgId", "=", tx.orgId)
    .where("id", "=", entryPointId)
    .where("status", "<>", "deleted")
    .returning(["id", "channel", "kind", "address", "displayName", "section"])
    .executeTakeFirst()
  if (!ended) return
  const exception = await tx.db
    .deleteFrom("entryPointExceptions")
    .where("orgId", "=", tx.orgId)
    .where("entryPointId", "=", entryPointId)
    .returning("section")
    .executeTakeFirst()
  if (exception) {
    await tx.db
      .updateTable("channelRoutings")
      .set((eb) => ({ version: eb("version", "+", 1), updatedAt: tx.now, updatedBy: JSON.stringify(tx.actor) }))
      .where("orgId", "=", tx.orgId)
      .where("section", "=", exception.section)
      .execute()
  }
  await tellEntryPoint(tx, "entry_point.deleted", entryPointId)
  tx.audit({
    entityType: "entry_point",
    entityId: ended.id,
    entityName: ended.displayName,
    action: "removed",
    before: ended,
  })
}

/** The whole entry point as it is now, and where it leads (api.md 5). */
export async function tellEntryPoint(
  tx: Tx,
  type: "entry_point.created" | "entry_point.updated" | "entry_point.deleted",
  id: string,
): Promise<EntryPoint> {
  const picture = await loadPicture(tx.db, tx.orgId)
  const row = picture.entryPoints.find((one) => one.id === id)
  if (!row) throw problem("not_found")
  const entryPoint = showEntryPoint(picture, row)
  tx.event(type, { entryPoint, resolution: entryPoint.resolution })
  return entryPoint
}

/** A new organization's sections, all nine, so that a default may be preset before the first entry point. */
export async function createSections(tx: Tx): Promise<void> {
  await tx.db
    .insertInto("channelRoutings")
    .values(sections.map((section) => ({ orgId: tx.orgId, section })))
    .execute()
}

async function ensureDefaultInbox(tx: Tx, section: Section): Promise<void> {
  const routing = await tx.db
    .selectFrom("channelRoutings")
    .select("defaultInboxId")
    .where("orgId", "=", tx.orgId)
    .where("section", "=", section)
    .forUpdate()
    .executeTakeFirst()
  if (routing?.defaultInboxId) return
  const fallback = await tx.db
    .selectFrom("organizations")
    .innerJoin("inboxes", (join) =>
      join.onRef("inboxes.orgId", "=", "organizations.id").onRef("inboxes.id", "=", "organizations.fallbackInboxId"),
    )
    .select("inboxes.id")
    .where("organizations.id", "=", tx.orgId)
    .where("inboxes.deactivatedAt", "is", null)
    .executeTakeFirst()
  if (!fallback) throw problem("default_inbox_missing", { section })
  await tx.db
    .updateTable("channelRoutings")
    // The version stays: nobody's form is out of date by a default that appears where none was.
    .set({ defaultInboxId: fallback.id, updatedAt: tx.now, updatedBy: JSON.stringify(tx.actor) })
    .where("orgId", "=", tx.orgId)
    .where("section", "=", section)
    .execute()
}
