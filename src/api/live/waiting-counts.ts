import type { Connection } from "./connection.ts"

const pauseMs = 1_000

type Deps = {
  members: ReadonlySet<Connection>
  count(agentIds: string[]): Promise<ReadonlyMap<string, object>>
  monotonic(): number
  onError(error: unknown): void
}

/** What waits in the inboxes of each agent of one organization: counted at most once a second, one look for all. */
export class WaitingCounts {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | null = null
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Something that waits has changed. */
  soon(): void {
    if (this.#timer) return
    const wait = Math.max(0, this.#countedAt + pauseMs - this.#deps.monotonic())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#countedAt = this.#deps.monotonic()
      void this.#tell().catch(this.#deps.onError)
    }, wait)
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  async #tell(): Promise<void> {
    const agents = new Map<string, Connection[]>()
    for (const connection of this.#deps.members) {
      const { userId } = connection.principal
      if (!userId || !connection.greeted || !connection.wants("me") || !connection.principal.can("agent.self")) continue
      agents.set(userId, [...(agents.get(userId) ?? []), connection])
    }
    if (agents.size === 0) return
    const counts = await this.#deps.count([...agents.keys()])
    for (const [userId, connections] of agents)
      for (const connection of connections) connection.tellCounts(counts.get(userId) ?? {})
  }
}
