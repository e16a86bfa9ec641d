import type { Receipt } from "../../intake/inbound-event.ts"

/** What hooks took in, for the sandbox that posted to them and waits for the answer. */
export class HookReceipts {
  readonly #awaited = new Map<string, Receipt | null>()

  /** From now on what is told under this token is kept; `collect` ends it. */
  expect(token: string): void {
    this.#awaited.set(token, null)
  }

  tell(token: string, receipt: Receipt | null): void {
    if (this.#awaited.has(token)) this.#awaited.set(token, receipt)
  }

  /** Null: nothing was taken in. */
  collect(token: string): Receipt | null {
    const receipt = this.#awaited.get(token) ?? null
    this.#awaited.delete(token)
    return receipt
  }
}
