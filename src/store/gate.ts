/** In which order the permits of an organization are given: what agents do first, then decisions, then intake. */
export type WriteKind = "act" | "decision" | "intake"

const permitsPerOrganization = 2
const order: readonly WriteKind[] = ["act", "decision", "intake"]

type Gate = { free: number; waiting: Record<WriteKind, (() => void)[]> }

/**
 * All writers of one organization on this process pass here, two transactions at a time (routing.md D7): the gap-free
 * event position serializes commits, and more writers in flight would only stand in each other's way.
 */
export class Gates {
  readonly #gates = new Map<string, Gate>()
  readonly #onWait: (seconds: number) => void

  constructor(onWait: (seconds: number) => void = () => undefined) {
    this.#onWait = onWait
  }

  async pass<T>(orgId: string, kind: WriteKind, work: () => Promise<T>): Promise<T> {
    await this.#take(orgId, kind)
    try {
      return await work()
    } finally {
      this.#give(orgId)
    }
  }

  async #take(orgId: string, kind: WriteKind): Promise<void> {
    let gate = this.#gates.get(orgId)
    if (!gate) {
      gate = { free: permitsPerOrganization, waiting: { act: [], decision: [], intake: [] } }
      this.#gates.set(orgId, gate)
    }
    if (gate.free > 0) {
      gate.free--
      return
    }
    const began = performance.now()
    const queue = gate.waiting[kind]
    await new Promise<void>((resolve) => queue.push(resolve))
    this.#onWait((performance.now() - began) / 1000)
  }

  #give(orgId: string): void {
    const gate = this.#gates.get(orgId)
    if (!gate) return
    for (const kind of order) {
      const next = gate.waiting[kind].shift()
      if (next) {
        next()
        return
      }
    }
    gate.free++
    if (gate.free === permitsPerOrganization) this.#gates.delete(orgId)
  }
}
