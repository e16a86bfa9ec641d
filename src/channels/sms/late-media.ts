import { sql } from "kysely"
import type { Accounts } from "../../carriers/accounts.ts"
import type { CarrierMedia } from "../../carriers/carrier.ts"
import type { Blobs } from "../../blobs.ts"
import { newId } from "../../ids.ts"
import type { StoredFile } from "../../intake/inbound-event.ts"
import type { Job, JobOutcome } from "../../jobs/worker.ts"
import type { Store, Tx } from "../../store/write.ts"
import { fetchFiles } from "./media.ts"

/** Kind of the job that brings files after their message. */
export const lateMediaJob = "sms_late_media"

type Payload = { accountId: string; entryPointId: string; externalId: string; media: CarrierMedia[]; missing: number }

const timeoutMs = 30_000
const triesMax = 6
const pauseSeconds = 30

/** Fetches files that were not there when their message was taken in, and adds them to it; says how many never came. */
export function lateMediaHandler(deps: {
  store: Store
  blobs: Blobs
  accounts: Accounts
}): (job: Job) => Promise<JobOutcome> {
  return async ({ orgId, payload, attempts }) => {
    const work = payload as Payload
    const found = await deps.accounts.get(orgId, work.accountId)
    if (!found?.carrier.messages) return "done"
    const from = { messages: found.carrier.messages, account: found.account, timeoutMs }
    const fetched = await fetchFiles(deps, work.media, from)
    const again = fetched.late.length > 0 && attempts < triesMax
    if (again && fetched.files.length === 0) return later(deps.store, attempts)
    const missing = work.missing + fetched.missing + (again ? 0 : fetched.late.length)
    await deps.store.write({ orgId, kind: "act" }, (tx) =>
      addFiles(tx, work, fetched.files, missing, again ? fetched.late : []),
    )
    return "done"
  }
}

function later(store: Store, attempts: number): JobOutcome {
  return { retryAt: new Date(store.clock.now().getTime() + pauseSeconds * attempts * 1000) }
}

async function addFiles(
  tx: Tx,
  work: Payload,
  files: readonly StoredFile[],
  missing: number,
  late: readonly CarrierMedia[],
): Promise<void> {
  const { rows } = await sql<{ id: string; conversationId: string; contactId: string; count: number }>`
    SELECT m.id, m.conversation_id, m.contact_id,
      (SELECT count(*) FROM attachments a WHERE a.org_id = m.org_id AND a.message_id = m.id)::int AS count
    FROM messages m WHERE m.org_id = ${tx.orgId} AND m.external_id = ${work.externalId}
      AND m.entry_point_id = ${work.entryPointId} AND m.direction = 'inbound' FOR NO KEY UPDATE`.execute(tx.db)
  const message = rows[0]
  if (!message) return
  for (const [index, file] of files.entries()) {
    await sql`
      INSERT INTO attachments (org_id, id, message_id, name, type, size_bytes, sha256, sort_order, created_at)
      VALUES (${tx.orgId}, ${newId()}, ${message.id}, ${file.name}, ${file.type}, ${file.sizeBytes}, ${file.sha256},
        ${message.count + index}, ${tx.now})`.execute(tx.db)
  }
  if (missing > 0) {
    await sql`
      UPDATE messages SET flags = flags || ${JSON.stringify({ filesMissing: missing })}::jsonb
      WHERE org_id = ${tx.orgId} AND id = ${message.id}`.execute(tx.db)
  }
  if (late.length > 0) {
    const runAt = new Date(tx.now.getTime() + pauseSeconds * 1000)
    tx.job(lateMediaJob, { ...work, media: late, missing }, { runAt })
  }
  tx.event("message.files_added", {
    messageId: message.id,
    conversationId: message.conversationId,
    contactId: message.contactId,
    added: files.length,
    missing,
  })
}
