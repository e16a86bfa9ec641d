import { Readable } from "node:stream"
import { type Kysely, sql } from "kysely"
import type { Blobs } from "../blobs.ts"
import { cleanFileName } from "../core/attachments/name.ts"
import { typeOf } from "../core/attachments/type.ts"
import { attachmentBytesMax } from "../core/conversations/composing.ts"
import { newId } from "../ids.ts"
import type { DB } from "../store/tables.ts"
import type { Tx } from "../store/write.ts"

export type AttachmentRow = {
  id: string
  messageId: string | null
  name: string
  type: string
  sizeBytes: number
  sha256: string
  inline: boolean
  contentId: string | null
  uploadedBy: { id: string } | null
  conversationId: string | null
}

const headBytes = 32

export type Received = { name: string; type: string; sizeBytes: number; sha256: string }

/** Takes the bytes in as they come, within the limit; named and typed by us. */
export async function receiveFile(
  blobs: Blobs,
  file: { name: string; type: string; content: Readable },
): Promise<Received> {
  const head: Buffer[] = []
  let seen = 0
  async function* watched() {
    for await (const chunk of file.content) {
      const bytes = chunk as Buffer
      if (seen < headBytes) head.push(bytes.subarray(0, headBytes - seen))
      seen += bytes.length
      yield bytes
    }
  }
  const { sha256, sizeBytes } = await blobs.put(Readable.from(watched()), { limitBytes: attachmentBytesMax })
  return { name: cleanFileName(file.name), type: typeOf(file.type, Buffer.concat(head)), sizeBytes, sha256 }
}

/** An upload that no message has yet; only who uploaded it can send it. */
export async function addUpload(
  tx: Tx,
  by: { type: string; id: string; name: string },
  file: Received,
): Promise<string> {
  const id = newId()
  await tx.db
    .insertInto("attachments")
    .values({ orgId: tx.orgId, id, ...file, uploadedBy: JSON.stringify(by), createdAt: tx.now })
    .execute()
  return id
}

export async function readAttachment(db: Kysely<DB>, orgId: string, id: string): Promise<AttachmentRow | null> {
  const { rows } = await sql<AttachmentRow>`
    SELECT a.id, a.message_id, a.name, a.type, a.size_bytes, a.sha256, a.inline, a.content_id, a.uploaded_by, m.conversation_id
    FROM attachments a LEFT JOIN messages m ON m.org_id = a.org_id AND m.id = a.message_id
    WHERE a.org_id = ${orgId} AND a.id = ${id}`.execute(db)
  return rows[0] ?? null
}

/** Which of these files something still names; for the collection of the others. */
export async function namedFiles(db: Kysely<DB>, sha256s: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ sha256: string }>`
    SELECT sha256 FROM attachments WHERE sha256 = ANY(${[...sha256s]})
    UNION SELECT sha256 FROM chat_app_logos WHERE sha256 = ANY(${[...sha256s]})
    UNION SELECT raw_sha256 FROM inbound_events WHERE raw_sha256 = ANY(${[...sha256s]})`.execute(db)
  return new Set(rows.map((row) => row.sha256))
}
