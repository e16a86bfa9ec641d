import type { Placed } from "./placed.ts"

const entryPointsMax = 10_000

/**
 * The Inboxes to which the arrivals of each entry point went last: a guess, so that their queues can be counted in the same
 * round trip in which the settings are read. Where it is wrong, the queue is looked through after the writing.
 */
export class RecentInboxes {
  readonly #inboxOf = new Map<string, string>()

  of(entryPointIds: readonly string[]): string[] {
    return [...new Set(entryPointIds.flatMap((id) => this.#inboxOf.get(id) ?? []))]
  }

  learn(placed: readonly Placed[]): void {
    if (this.#inboxOf.size > entryPointsMax) this.#inboxOf.clear()
    for (const { plan, taken } of placed)
      for (const { entryPoint } of taken) this.#inboxOf.set(entryPoint.id, plan.conversation.inboxId)
  }
}
