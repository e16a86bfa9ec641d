import { createHash } from "node:crypto"
import { type FileHandle, open } from "node:fs/promises"

/** One thing that a sender sent, as the sender knows it. */
export type Entry = { id: string; hash: string; acknowledged: boolean }

/**
 * The sender's own book, apart from the program under test: written and synced before a message leaves, and again when
 * it was acknowledged. What stands in it is the oracle.
 */
export class Ledger {
  readonly entries = new Map<string, Entry>()
  readonly #file: FileHandle
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(path: string): Promise<Ledger> {
    return new Ledger(await open(path, "a"))
  }

  async sent(id: string, payload: string): Promise<void> {
    const hash = hashOf(payload)
    if (!this.entries.has(id)) this.entries.set(id, { id, hash, acknowledged: false })
    await this.#write({ at: performance.now(), id, hash, event: "sent" })
  }

  async acknowledged(id: string): Promise<void> {
    const entry = this.entries.get(id)
    if (entry) entry.acknowledged = true
    await this.#write({ at: performance.now(), id, event: "acknowledged" })
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #write(line: object): Promise<unknown> {
    this.#writing = this.#writing.then(async () => {
      await this.#file.write(`${JSON.stringify(line)}\n`)
      await this.#file.datasync()
    })
    return this.#writing
  }
}

export function hashOf(payload: string): string {
  return createHash("sha256").update(payload).digest("hex")
}
