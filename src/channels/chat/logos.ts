import type { Kysely } from "kysely"
import type { Blobs } from "../../blobs.ts"
import { isSafeImage, sniffType } from "../../core/attachments/type.ts"
import { newId } from "../../ids.ts"
import { invalid, problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import type { Tx } from "../../store/write.ts"

/**
 * Logos of chat apps. One that was uploaded is not in use yet: the chat app's settings name it (`appearance.logoId`).
 * What none names is taken away by the file collection.
 */

export type Logo = { sha256: string; type: string; sizeBytes: number }

/** Only pictures that no browser runs: by their bytes, whatever they are said to be. An SVG can hold scripts. */
export async function receiveLogo(blobs: Blobs, content: Buffer): Promise<Logo> {
  const type = sniffType(content)
  if (type === null || !isSafeImage(type))
    throw problem("type_not_supported", {}, "Use a PNG, JPEG, GIF or WebP picture.")
  return { ...(await blobs.put(content)), type }
}

export async function addLogo(tx: Tx, chatAppId: string, logo: Logo): Promise<string> {
  const app = await tx.db
    .selectFrom("chatApps")
    .select("id")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", chatAppId)
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  if (!app) throw problem("not_found")
  const id = newId()
  await tx.db
    .insertInto("chatAppLogos")
    .values({ orgId: tx.orgId, id, chatAppId, ...logo, createdAt: tx.now, createdBy: JSON.stringify(tx.actor) })
    .execute()
  return id
}

export async function findLogo(
  db: Kysely<DB>,
  app: { orgId: string; id: string },
  logoId: string,
): Promise<Pick<Logo, "sha256" | "type"> | null> {
  const row = await db
    .selectFrom("chatAppLogos")
    .select(["sha256", "type"])
    .where("orgId", "=", app.orgId)
    .where("chatAppId", "=", app.id)
    .where("id", "=", logoId)
    .executeTakeFirst()
  return row ?? null
}

/** A chat app shows its own logos only. */
export async function refuseUnknownLogo(
  db: Kysely<DB>,
  app: { orgId: string; id: string },
  logoId: string | null,
): Promise<void> {
  if (logoId !== null && (await findLogo(db, app, logoId)) === null)
    throw invalid({ pointer: "#/appearance/logoId", code: "unknown_reference", detail: "There is no such logo." })
}
