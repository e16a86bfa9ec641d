import { sql } from "kysely"
import type { Tx } from "./write.ts"

/** Who has a name: names are unique in their organization, whatever their case. What is deleted has none any more. */
export async function findNamed(
  tx: Tx,
  table: "inboxes" | "chat_apps" | "topics",
  name: string,
): Promise<string | undefined> {
  // An Inbox is deactivated and keeps its name.
  const live = table === "inboxes" ? sql`` : sql`AND deleted_at IS NULL`
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM ${sql.table(table)} WHERE org_id = ${tx.orgId} AND lower(name) = ${name.toLowerCase()} ${live}`.execute(
    tx.db,
  )
  return rows[0]?.id
}
