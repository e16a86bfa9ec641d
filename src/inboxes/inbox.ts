import { type Kysely, sql } from "kysely"
import { channelNames, type Section, sectionLabel } from "../core/channels.ts"
import type { Inbox, InboxUse } from "../core/inboxes/inbox.ts"
import type { Person } from "../core/people/person.ts"
import { parseSlaMinutes, slaMessage } from "../core/sla/minutes.ts"
import { newId } from "../ids.ts"
import { type FieldError, invalid, problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import { findNamed } from "../store/taken-name.ts"
import { bumpAgents } from "../store/agent-changes.ts"
import { live, loadPicture, resolutionOf } from "../store/ways-in.ts"
import type { Tx } from "../store/write.ts"

/** Inboxes: queues with people in them (spec 3). */

export const slaMinutesTextInitially = "1440"

export async function readInboxes(
  db: Kysely<DB>,
  orgId: string,
  filter: { id?: string; active?: boolean } = {},
): Promise<Inbox[]> {
  const [picture, inboxes, waiting] = await Promise.all([
    loadPicture(db, orgId),
    db
      .selectFrom("inboxes")
      .selectAll()
      .where("orgId", "=", orgId)
      .$if(filter.id !== undefined, (query) => query.where("id", "=", filter.id ?? ""))
      .orderBy((eb) => eb.fn("lower", ["name"]))
      .execute(),
    readWaiting(db, orgId),
  ])
  const fedBy = new Map<string, Set<string>>()
  for (const row of live(picture)) {
    const inboxId = resolutionOf(picture, row)?.inboxId
    if (inboxId) fedBy.set(inboxId, (fedBy.get(inboxId) ?? new Set()).add(row.channel))
  }
  return inboxes
    .filter((row) => filter.active === undefined || (row.deactivatedAt === null) === filter.active)
    .map((row) => {
      const members = picture.members.get(row.id) ?? []
      const channels = fedBy.get(row.id) ?? new Set<string>()
      const counts = { voice: 0, messaging: 0, mail: 0 }
      const unserved = { waiting: 0 }
      for (const one of waiting) {
        if (one.inboxId !== row.id) continue
        counts[one.channelGroup] = one.count
        if (!one.served) unserved.waiting += one.count
      }
      return {
        id: row.id,
        name: row.name,
        slaMinutesText: row.slaMinutesText,
        slaSeconds: row.slaSeconds,
        deactivation:
          row.deactivatedAt === null ? null : { at: row.deactivatedAt.toISOString(), by: row.deactivatedBy as Person },
        defaultMailboxId: row.defaultMailboxId,
        memberCount: members.length,
        channels: channelNames.filter((name) => channels.has(name)),
        waiting: counts,
        warnings: warningsOf(row, { members: members.length, channels: channels.size, unserved: unserved.waiting }),
        version: row.version,
      }
    })
}

type Waiting = { inboxId: string; channelGroup: "voice" | "messaging" | "mail"; count: number; served: boolean }

/** What waits, and whether a member is there who is available for its kind. */
async function readWaiting(db: Kysely<DB>, orgId: string): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    SELECT q.*, EXISTS (SELECT 1 FROM inbox_members m JOIN agent_states a ON a.org_id = m.org_id AND a.agent_id = m.agent_id
      WHERE m.org_id = ${orgId} AND m.inbox_id = q.inbox_id AND a.status = 'logged_in' AND a.connected
        AND a.deactivated_at IS NULL AND q.channel_group = ANY(a.available_for)) AS served
    FROM (SELECT inbox_id, channel_group, count(*)::int AS count FROM queue_items
      WHERE org_id = ${orgId} AND state IN ('waiting', 'offered') GROUP BY 1, 2) q`.execute(db)
  return rows
}

function warningsOf(
  inbox: { id: string; name: string },
  { members, channels, unserved }: { members: number; channels: number; unserved: number },
): Inbox["warnings"] {
  const about = { entryPointId: null, inboxId: inbox.id }
  if (members === 0 && channels > 0)
    return [{ code: "inbox_without_members", ...about, detail: `${inbox.name} has no agents. Requests will wait.` }]
  if (members === 0 || unserved === 0) return []
  return [{ code: "nobody_available", ...about, detail: `${unserved} wait in ${inbox.name}, and nobody is available.` }]
}

export type InboxInput = {
  name?: string | undefined
  slaMinutesText?: string | null | undefined
  defaultMailboxId?: string | null | undefined
}

export async function createInbox(
  tx: Tx,
  input: InboxInput & { name: string; agentIds?: readonly string[] | undefined },
): Promise<string> {
  const sla = readSla(input.slaMinutesText === undefined ? slaMinutesTextInitially : input.slaMinutesText)
  const errors: FieldError[] = "error" in sla ? [sla.error] : []
  errors.push(...(await unknownMailbox(tx, input.defaultMailboxId)), ...(await notAgents(tx, input.agentIds ?? [])))
  if ("error" in sla || errors.length > 0) throw invalid(...errors)
  await refuseTakenName(tx, input.name, null)
  const id = newId()
  await tx.db
    .insertInto("inboxes")
    .values({
      orgId: tx.orgId,
      id,
      name: input.name,
      slaMinutesText: sla.text,
      slaSeconds: sla.seconds,
      defaultMailboxId: input.defaultMailboxId ?? null,
      createdAt: tx.now,
    })
    .execute()
  // The first Inbox catches what has no other place (S12).
  await tx.db
    .updateTable("organizations")
    .set({ fallbackInboxId: id })
    .where("id", "=", tx.orgId)
    .where("fallbackInboxId", "is", null)
    .execute()
  const after = {
    name: input.name,
    slaMinutesText: sla.text,
    slaSeconds: sla.seconds,
    defaultMailboxId: input.defaultMailboxId ?? null,
  }
  tx.event("inbox.added", { inboxId: id, before: null, after })
  tx.audit({ entityType: "inbox", entityId: id, entityName: input.name, action: "added", after })
  for (const agentId of input.agentIds ?? []) await addMember(tx, id, agentId)
  return id
}

export async function editInbox(
  tx: Tx,
  id: string,
  input: InboxInput & { agentIds?: readonly string[] | undefined },
  judge: (stored: { version: number; updatedAt: Date | null; updatedBy: unknown }) => void,
  withdrawOffers: WithdrawOffers,
): Promise<void> {
  const row = await lockInbox(tx, id)
  judge({ version: row.version, ...(await lastChange(tx, id)) })
  const sla =
    input.slaMinutesText === undefined
      ? { text: row.slaMinutesText, seconds: row.slaSeconds }
      : readSla(input.slaMinutesText)
  const errors: FieldError[] = "error" in sla ? [sla.error] : []
  const members = await memberIds(tx, id)
  errors.push(...(await unknownMailbox(tx, input.defaultMailboxId)))
  errors.push(...(await notAgents(tx, input.agentIds ?? [], members)))
  if ("error" in sla || errors.length > 0) throw invalid(...errors)
  const name = input.name ?? row.name
  await refuseTakenName(tx, name, id)
  const before = {
    name: row.name,
    slaMinutesText: row.slaMinutesText,
    slaSeconds: row.slaSeconds,
    defaultMailboxId: row.defaultMailboxId,
  }
  const after = {
    name,
    slaMinutesText: sla.text,
    slaSeconds: sla.seconds,
    defaultMailboxId: input.defaultMailboxId === undefined ? row.defaultMailboxId : input.defaultMailboxId,
  }
  if (JSON.stringify(before) !== JSON.stringify(after)) {
    await tx.db
      .updateTable("inboxes")
      .set({ ...after, version: row.version + 1 })
      .where("orgId", "=", tx.orgId)
      .where("id", "=", id)
      .execute()
    tx.event("inbox.updated", { inboxId: id, before, after })
    tx.audit({ entityType: "inbox", entityId: id, entityName: name, action: "updated", before, after })
  }
  const { agentIds } = input
  if (!agentIds) return
  for (const agentId of members) if (!agentIds.includes(agentId)) await removeMember(tx, id, agentId, withdrawOffers)
  for (const agentId of agentIds) await addMember(tx, id, agentId)
}

/** The audit trail knows who changed it; the row itself keeps no more than its version. */
async function lastChange(tx: Tx, id: string): Promise<{ updatedAt: Date | null; updatedBy: unknown }> {
  const entry = await tx.db
    .selectFrom("auditEntries")
    .select(["at", "actor"])
    .where("orgId", "=", tx.orgId)
    .where("entityType", "=", "inbox")
    .where("entityId", "=", id)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst()
  return { updatedAt: entry?.at ?? null, updatedBy: entry?.actor ?? null }
}

async function memberIds(tx: Tx, inboxId: string): Promise<string[]> {
  const rows = await tx.db
    .selectFrom("inboxMembers")
    .select("agentId")
    .where("orgId", "=", tx.orgId)
    .where("inboxId", "=", inboxId)
    .execute()
  return rows.map((row) => row.agentId)
}

/** Members begin with the next routing pass. Adding who is a member already does nothing. */
export async function addMember(tx: Tx, inboxId: string, agentId: string): Promise<void> {
  const added = await tx.db
    .insertInto("inboxMembers")
    .values({ orgId: tx.orgId, inboxId, agentId, addedAt: tx.now })
    .onConflict((conflict) => conflict.doNothing())
    .returning("agentId")
    .executeTakeFirst()
  if (!added) return
  await bumpAgents(tx, [agentId])
  tx.event("inbox_member.added", { inboxId, userId: agentId, before: null, after: { inboxId, userId: agentId } })
  tx.audit({
    entityType: "inbox_member",
    entityId: inboxId,
    entityName: await inboxName(tx, inboxId),
    action: "added",
    after: { inboxId, userId: agentId },
  })
}

type WithdrawOffers = (tx: Tx, inboxId: string, agentId: string) => Promise<void>

/** Keeps assigned conversations; `withdrawOffers` ends what is pending from this Inbox (routing.md 1.6). */
export async function removeMember(
  tx: Tx,
  inboxId: string,
  agentId: string,
  withdrawOffers: WithdrawOffers,
): Promise<void> {
  await withdrawOffers(tx, inboxId, agentId)
  const removed = await tx.db
    .deleteFrom("inboxMembers")
    .where("orgId", "=", tx.orgId)
    .where("inboxId", "=", inboxId)
    .where("agentId", "=", agentId)
    .returning("agentId")
    .executeTakeFirst()
  if (!removed) return
  await bumpAgents(tx, [agentId])
  tx.event("inbox_member.removed", { inboxId, userId: agentId, before: { inboxId, userId: agentId }, after: null })
  tx.audit({
    entityType: "inbox_member",
    entityId: inboxId,
    entityName: await inboxName(tx, inboxId),
    action: "removed",
    before: { inboxId, userId: agentId },
  })
}

/** Everything that would lose its Inbox if this one ended (spec 2.7). */
export async function inboxUses(db: Kysely<DB>, orgId: string, inboxId: string): Promise<InboxUse[]> {
  const [sections, exceptions, organization] = await Promise.all([
    db
      .selectFrom("channelRoutings")
      .select("section")
      .where("orgId", "=", orgId)
      .where("defaultInboxId", "=", inboxId)
      .execute(),
    db
      .selectFrom("entryPointExceptions as x")
      .innerJoin("entryPoints as e", (join) =>
        join.onRef("e.orgId", "=", "x.orgId").onRef("e.id", "=", "x.entryPointId"),
      )
      .select(["e.id", "e.displayName"])
      .where("x.orgId", "=", orgId)
      .where("x.inboxId", "=", inboxId)
      .execute(),
    db
      .selectFrom("organizations")
      .select(["id", "name"])
      .where("id", "=", orgId)
      .where("fallbackInboxId", "=", inboxId)
      .executeTakeFirst(),
  ])
  return [
    ...sections.map((row) => ({
      kind: "channel_default" as const,
      id: row.section,
      label: `Default Inbox of ${sectionLabel(row.section as Section)}`,
    })),
    ...exceptions.map((row) => ({ kind: "exception" as const, id: row.id, label: `Exception ${row.displayName}` })),
    ...(organization
      ? [{ kind: "fallback" as const, id: organization.id, label: "Fallback Inbox of the organization" }]
      : []),
  ]
}

export async function lockInbox(tx: Tx, id: string) {
  const row = await tx.db
    .selectFrom("inboxes")
    .selectAll()
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return row
}

function readSla(text: string | null): { text: string; seconds: number } | { error: FieldError } {
  const parsed = parseSlaMinutes(text)
  const pointer = "#/slaMinutesText"
  if (!parsed.ok) return { error: { pointer, code: parsed.code, detail: slaMessage(parsed.code, undefined) } }
  if (parsed.seconds === null || parsed.text === null)
    return { error: { pointer, code: "required", detail: "Enter an SLA. Every Inbox needs one." } }
  return { text: parsed.text, seconds: parsed.seconds }
}

async function unknownMailbox(tx: Tx, mailboxId: string | null | undefined): Promise<FieldError[]> {
  if (!mailboxId) return []
  const found = await tx.db
    .selectFrom("mailboxes")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", mailboxId)
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  return found
    ? []
    : [
        {
          pointer: "#/defaultMailboxId",
          code: "unknown_reference",
          detail: "This address does not exist. Choose one from the list.",
        },
      ]
}

/** Who is a member already may stay, whatever became of him. */
async function notAgents(tx: Tx, agentIds: readonly string[], members: readonly string[] = []): Promise<FieldError[]> {
  if (agentIds.length === 0) return []
  const agents = await tx.db
    .selectFrom("users")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("id", "in", [...agentIds])
    .where("status", "<>", "deactivated")
    .where(sql<boolean>`roles && ARRAY['agent', 'team_manager']`)
    .execute()
  const known = new Set([...members, ...agents.map((row) => row.id)])
  return agentIds.flatMap((id, index) =>
    known.has(id)
      ? []
      : [{ pointer: `#/agentIds/${index}`, code: "not_an_agent", detail: "This is not an active agent." }],
  )
}

async function inboxName(tx: Tx, inboxId: string): Promise<string> {
  const row = await tx.db
    .selectFrom("inboxes")
    .select("name")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", inboxId)
    .executeTakeFirst()
  return row?.name ?? inboxId
}

async function refuseTakenName(tx: Tx, name: string, except: string | null): Promise<void> {
  const taken = await findNamed(tx, "inboxes", name)
  if (taken !== undefined && taken !== except)
    throw problem("name_taken", { pointer: "#/name", inboxId: taken }, `An Inbox called ${name} exists.`)
}
