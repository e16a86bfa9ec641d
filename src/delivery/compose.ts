import { sql } from "kysely"
import type { Blobs } from "../blobs.ts"
import type { OutboundMessage } from "../channels/channel.ts"
import type { Store } from "../store/write.ts"

type Row = Omit<OutboundMessage, "files" | "attempt"> & {
  attempts: number
  files: { id: string; name: string; type: string; sizeBytes: number; sha256: string }[]
}

/** The message as its channel sends it, read from its rows: the same at every try. Null when it is gone. */
export async function composeMessage(
  deps: { store: Store; blobs: Blobs },
  orgId: string,
  deliveryId: string,
): Promise<OutboundMessage | null> {
  const { rows } = await sql<Row>`
    SELECT d.org_id, d.id AS delivery_id, d.attempts, m.id AS message_id, m.conversation_id, m.channel, m.entry_point_id,
      coalesce(e.address, '') AS from_address, m.to_addresses AS "to", m.cc_addresses AS cc, m.bcc_addresses AS bcc,
      m.subject, m.text, m.html, m.reference_ids AS "references", u.name AS author_name, m.author_type IN ('rule', 'system') AS automatic, m.test,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'type', a.type, 'sizeBytes', a.size_bytes,
        'sha256', a.sha256) ORDER BY a.sort_order, a.id) FROM attachments a
        WHERE a.org_id = m.org_id AND a.message_id = m.id), '[]') AS files
    FROM deliveries d
    JOIN messages m ON m.org_id = d.org_id AND m.id = d.message_id
    LEFT JOIN entry_points e ON e.org_id = m.org_id AND e.id = m.entry_point_id
    LEFT JOIN users u ON u.org_id = m.org_id AND m.author_type = 'agent' AND u.id = m.author_id
    WHERE d.org_id = ${orgId} AND d.id = ${deliveryId}`.execute(deps.store.db)
  const row = rows[0]
  if (!row) return null
  const { attempts, files, ...message } = row
  return {
    ...message,
    attempt: attempts,
    files: files.map((file) => ({ ...file, read: () => deps.blobs.read(file.sha256) })),
  }
}
