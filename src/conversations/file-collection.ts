import { sql } from "kysely"
import type { Blobs } from "../blobs.ts"
import type { Clock } from "../clock.ts"
import type { Store } from "../store/write.ts"
import { namedFiles } from "./attachments.ts"

const everyMs = 3_600_000
/** Uploads that no message, no draft and no chat app has after this time are dropped. */
const uploadDays = 7
/** A file is written before the row that names it: younger ones are left alone. */
const fileHours = 24

/** Takes away uploads that were never sent, and files that nothing names any more; on the true clock. */
export class FileCollection {
  readonly #deps: { store: Store; blobs: Blobs; clock: Clock; onError: (error: unknown) => void }
  #handle: NodeJS.Timeout | null = null
  #running: Promise<unknown> | null = null

  constructor(deps: { store: Store; blobs: Blobs; clock: Clock; onError: (error: unknown) => void }) {
    this.#deps = deps
  }

  start(): void {
    this.#handle = setInterval(() => {
      this.#running ??= this.collect()
        .catch(this.#deps.onError)
        .finally(() => {
          this.#running = null
        })
    }, everyMs)
    this.#handle.unref()
  }

  async stop(): Promise<void> {
    if (this.#handle) clearInterval(this.#handle)
    await this.#running
  }

  /** Answers how many files were removed. */
  async collect(): Promise<number> {
    const { store, blobs, clock } = this.#deps
    const now = clock.real().getTime()
    await sql`
      DELETE FROM attachments a WHERE a.message_id IS NULL AND a.created_at < ${new Date(now - uploadDays * 86_400_000)}
        AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.org_id = a.org_id AND d.content->'attachmentIds' ? a.id::text)`.execute(
      store.db,
    )
    await sql`
      DELETE FROM chat_app_logos l WHERE l.created_at < ${new Date(now - uploadDays * 86_400_000)} AND NOT EXISTS (
        SELECT 1 FROM chat_apps c WHERE c.org_id = l.org_id AND c.settings->'appearance'->>'logoId' = l.id::text)`.execute(
      store.db,
    )
    return blobs.collect(new Date(now - fileHours * 3_600_000), (sha256s) => namedFiles(store.db, sha256s))
  }
}
