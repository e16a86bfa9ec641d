import { sql } from "kysely"
import type { Bus } from "../../store/bus.ts"
import type { Store } from "../../store/write.ts"
import type { VisitorHub } from "./hub.ts"

const collectMs = 30
/** A hint may be lost; then the table is looked at this often. */
const pollMs = 2_000
const pageSize = 500

type Watched = { position: number; reading: boolean; again: boolean }

/**
 * Reads the events of the organizations that have visitors here and wakes those whom they are about: what a page shows
 * is looked up again, by its own number.
 */
export class ChatChanges {
  readonly #deps: { store: Store; bus: Bus; hub: VisitorHub; onError: (error: unknown) => void }
  readonly #watched = new Map<string, Watched>()
  readonly #leaveBus: () => void
  readonly #poll: NodeJS.Timeout
  readonly #due = new Set<string>()
  #handle: NodeJS.Timeout | null = null

  constructor(deps: { store: Store; bus: Bus; hub: VisitorHub; onError: (error: unknown) => void }) {
    this.#deps = deps
    this.#leaveBus = deps.bus.subscribe(({ orgId }) => this.#soon(orgId))
    this.#poll = setInterval(() => {
      for (const orgId of deps.hub.organizations()) this.#soon(orgId)
    }, pollMs)
  }

  stop(): void {
    this.#leaveBus()
    clearInterval(this.#poll)
    if (this.#handle) clearTimeout(this.#handle)
  }

  /** From now on; called before a page is told where it stands, so that nothing falls in between. */
  async watch(orgId: string): Promise<void> {
    if (this.#watched.has(orgId)) return
    const { rows } = await sql<{ last: number }>`SELECT last FROM event_positions WHERE org_id = ${orgId}`.execute(
      this.#deps.store.db,
    )
    if (!this.#watched.has(orgId))
      this.#watched.set(orgId, { position: rows[0]?.last ?? 0, reading: false, again: false })
  }

  #soon(orgId: string): void {
    if (!this.#watched.has(orgId)) return
    this.#due.add(orgId)
    this.#handle ??= setTimeout(() => {
      this.#handle = null
      const due = [...this.#due]
      this.#due.clear()
      for (const one of due) void this.#read(one)
    }, collectMs)
  }

  async #read(orgId: string): Promise<void> {
    const watched = this.#watched.get(orgId)
    if (!watched) return
    watched.again = true
    if (watched.reading) return
    watched.reading = true
    try {
      while (watched.again) {
        watched.again = false
        await this.#page(orgId, watched)
      }
    } catch (error) {
      this.#deps.onError(error)
    } finally {
      watched.reading = false
    }
  }

  async #page(orgId: string, watched: Watched): Promise<void> {
    if (!this.#deps.hub.organizations().has(orgId)) return void this.#watched.delete(orgId)
    const { rows } = await sql<{
      position: number
      customerId: string | null
      conversationId: string | null
      chatAppId: string | null
    }>`
      SELECT position, data->>'customerId' AS customer_id, data->>'conversationId' AS conversation_id, data->>'chatAppId' AS chat_app_id
      FROM events WHERE org_id = ${orgId} AND position > ${watched.position} ORDER BY position LIMIT ${pageSize}`.execute(
      this.#deps.store.db,
    )
    if (rows.length === 0) return
    watched.position = rows.at(-1)?.position ?? watched.position
    watched.again ||= rows.length === pageSize
    const about = new Set(rows.flatMap((row) => [row.customerId, row.conversationId]).filter((id) => id !== null))
    const apps = new Set(rows.flatMap((row) => row.chatAppId ?? []))
    this.#deps.hub.wakeAbout(orgId, about, apps)
  }
}
