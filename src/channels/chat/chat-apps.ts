import type { Kysely } from "kysely"
import sanitizeHtml from "sanitize-html"
import {
  type ChatApp,
  type ChatAppChange,
  ChatAppSettings,
  chatAppNamePattern,
  defaultChatAppSettings,
  mergeChatAppSettings,
} from "../../core/chat/chat-app.ts"
import { beginEntryPoint, endEntryPoint, tellEntryPoint } from "../../entry-points/begin.ts"
import { newCode, newId, newSecret } from "../../ids.ts"
import type { Keys } from "../../keys.ts"
import { type FieldError, invalid, problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import { findNamed } from "../../store/taken-name.ts"
import type { Tx } from "../../store/write.ts"
import { isOpen } from "./hours.ts"
import { refuseUnknownLogo } from "./logos.ts"

/** Chat apps: each is one chat entry point, live as soon as it exists (S56). */

const appIdLength = 16

export type ChatAppInput = ChatAppChange & { name?: string | undefined }

export async function createChatApp(tx: Tx, input: ChatAppInput): Promise<string> {
  const errors = nameErrors(input.name ?? "")
  if (errors.length > 0) throw invalid(...errors)
  const name = input.name ?? ""
  await refuseTakenName(tx, name, null)
  const id = newId()
  const appId = newCode(appIdLength)
  const settings = clean(merged(defaultChatAppSettings, input))
  await refuseUnknownLogo(tx.db, { orgId: tx.orgId, id }, settings.appearance.logoId)
  await tx.db.insertInto("directory").values({ kind: "chat_app", value: appId, orgId: tx.orgId, id }).execute()
  const entryPointId = await beginEntryPoint(tx, {
    channel: "chat",
    kind: "chat_app",
    address: name,
    displayName: name,
    chatAppId: id,
  })
  await tx.db
    .insertInto("chatApps")
    .values({
      orgId: tx.orgId,
      id,
      name,
      appId,
      entryPointId,
      settings: JSON.stringify(settings),
      createdAt: tx.now,
      createdBy: JSON.stringify(tx.actor),
    })
    .execute()
  tx.event("chat_app.added", { chatAppId: id, before: null, after: { name, ...settings } })
  tx.audit({ entityType: "chat_app", entityId: id, entityName: name, action: "added", after: { name, ...settings } })
  return id
}

export async function editChatApp(
  tx: Tx,
  id: string,
  input: ChatAppInput,
  judge: (stored: { version: number }) => void,
): Promise<void> {
  const row = await lockChatApp(tx, id)
  judge(row)
  if (row.deletedAt !== null) throw problem("not_found")
  const name = input.name ?? row.name
  const errors = nameErrors(name)
  if (errors.length > 0) throw invalid(...errors)
  if (name !== row.name) await refuseTakenName(tx, name, id)
  const before = ChatAppSettings.parse(row.settings)
  const after = clean(merged(before, input))
  await refuseUnknownLogo(tx.db, { orgId: tx.orgId, id }, after.appearance.logoId)
  if (name === row.name && JSON.stringify(before) === JSON.stringify(after)) return
  await tx.db
    .updateTable("chatApps")
    .set({
      name,
      settings: JSON.stringify(after),
      version: row.version + 1,
      updatedAt: tx.now,
      updatedBy: JSON.stringify(tx.actor),
    })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  if (name !== row.name) {
    await tx.db
      .updateTable("entryPoints")
      .set((eb) => ({ address: name, displayName: name, version: eb("version", "+", 1) }))
      .where("orgId", "=", tx.orgId)
      .where("id", "=", row.entryPointId)
      .execute()
    await tellEntryPoint(tx, "entry_point.updated", row.entryPointId)
  }
  tx.event("chat_app.updated", { chatAppId: id, before: { name: row.name, ...before }, after: { name, ...after } })
  tx.audit({
    entityType: "chat_app",
    entityId: id,
    entityName: name,
    action: "updated",
    before: { name: row.name, ...before },
    after: { name, ...after },
  })
}

/** Its entry point ends with it; history stays. */
export async function deleteChatApp(tx: Tx, id: string): Promise<void> {
  const row = await lockChatApp(tx, id)
  if (row.deletedAt !== null) return
  await tx.db
    .updateTable("chatApps")
    .set({ deletedAt: tx.now, deletedBy: JSON.stringify(tx.actor), version: row.version + 1 })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  await endEntryPoint(tx, row.entryPointId)
  tx.event("chat_app.removed", { chatAppId: id, before: { name: row.name }, after: null })
  tx.audit({
    entityType: "chat_app",
    entityId: id,
    entityName: row.name,
    action: "removed",
    before: { name: row.name },
  })
}

/** Takes a deletion back: a new entry point under the old name and app id, on the channel's default Inbox. */
export async function restoreChatApp(tx: Tx, id: string): Promise<void> {
  const row = await lockChatApp(tx, id)
  if (row.deletedAt === null) return
  await refuseTakenName(tx, row.name, id)
  const entryPointId = await beginEntryPoint(tx, {
    channel: "chat",
    kind: "chat_app",
    address: row.name,
    displayName: row.name,
    chatAppId: id,
  })
  await tx.db
    .updateTable("chatApps")
    .set({ deletedAt: null, deletedBy: null, entryPointId, version: row.version + 1 })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  tx.audit({ entityType: "chat_app", entityId: id, entityName: row.name, action: "added", after: { name: row.name } })
}

/** A new secret for signing visitors' identities, shown once; the former one ends at once. */
export async function renewIdentitySecret(tx: Tx, keys: Keys, id: string): Promise<string> {
  const row = await lockChatApp(tx, id)
  if (row.deletedAt !== null) throw problem("not_found")
  const secret = newSecret(32)
  await tx.db
    .updateTable("chatApps")
    .set({ identitySecret: keys.seal(secret), version: row.version + 1 })
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .execute()
  tx.audit({
    entityType: "chat_app",
    entityId: id,
    entityName: row.name,
    action: "updated",
    after: { identitySecretSet: true },
  })
  return secret
}

export async function readChatApps(
  db: Kysely<DB>,
  orgId: string,
  options: { publicUrl: string; now: Date; id?: string },
): Promise<ChatApp[]> {
  const rows = await db
    .selectFrom("chatApps")
    .selectAll()
    .where("orgId", "=", orgId)
    .$if(options.id !== undefined, (query) => query.where("id", "=", options.id ?? ""))
    .$if(options.id === undefined, (query) => query.where("deletedAt", "is", null))
    .orderBy("createdAt")
    .execute()
  return rows.map((row) => {
    const settings = ChatAppSettings.parse(row.settings)
    return {
      ...settings,
      id: row.id,
      name: row.name,
      appId: row.appId,
      entryPointId: row.entryPointId,
      identitySecretSet: row.identitySecret !== null,
      snippet: snippetOf(options.publicUrl, row.appId),
      installation: { seenAt: row.installationSeenAt?.toISOString() ?? null, origin: row.installationOrigin },
      ...isOpen(settings.hours, options.now),
      deletion: row.deletedAt === null ? null : { at: row.deletedAt.toISOString() },
      createdAt: row.createdAt.toISOString(),
      version: row.version,
    }
  })
}

/** The settings of a chat app as an edit would leave them; nothing is stored. */
export async function previewChatApp(
  db: Kysely<DB>,
  by: { orgId: string; id: string },
  input: ChatAppInput,
): Promise<{ orgId: string; appId: string; entryPointId: string; settings: ChatAppSettings }> {
  const row = await db
    .selectFrom("chatApps")
    .select(["appId", "entryPointId", "settings"])
    .where("orgId", "=", by.orgId)
    .where("id", "=", by.id)
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  const settings = clean(merged(ChatAppSettings.parse(row.settings), input))
  await refuseUnknownLogo(db, by, settings.appearance.logoId)
  return { orgId: by.orgId, appId: row.appId, entryPointId: row.entryPointId, settings }
}

export function snippetOf(publicUrl: string, appId: string): string {
  return `<script>window.switchboardConfig = { appId: "${appId}" }</script>\n<script src="${publicUrl}/widget/switchboard.js" async></script>`
}

async function lockChatApp(tx: Tx, id: string) {
  const row = await tx.db
    .selectFrom("chatApps")
    .selectAll()
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw problem("not_found")
  return row
}

function nameErrors(name: string): FieldError[] {
  if (name === "") return [{ pointer: "#/name", code: "required", detail: "Enter a name." }]
  if (chatAppNamePattern.test(name)) return []
  return [
    {
      pointer: "#/name",
      code: "name_invalid",
      detail: "Use letters, digits, hyphen, underscore and dot, at most 100, beginning with a letter or digit.",
    },
  ]
}

function merged(stored: ChatAppSettings, input: ChatAppInput): ChatAppSettings {
  const settings = mergeChatAppSettings(stored, input)
  if (settings) return settings
  throw invalid({ pointer: "#/hours/timeZone", code: "required", detail: "Enter a time zone such as Europe/Berlin." })
}

/** Text or a little HTML; nothing that runs or loads. */
function clean(settings: ChatAppSettings): ChatAppSettings {
  return {
    ...settings,
    afterHoursText: sanitizeHtml(settings.afterHoursText, {
      allowedTags: ["p", "br", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li"],
      allowedAttributes: { a: ["href"] },
      allowedSchemes: ["https", "http", "mailto", "tel"],
    }),
  }
}

async function refuseTakenName(tx: Tx, name: string, except: string | null): Promise<void> {
  const taken = await findNamed(tx, "chat_apps", name)
  if (taken !== undefined && taken !== except)
    throw problem("name_taken", { pointer: "#/name", chatAppId: taken }, `A chat app called ${name} exists.`)
}
