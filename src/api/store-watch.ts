import { problem } from "../problem.ts"

const patienceMs = 900
const probeMs = 800
const freshMs = 400

/**
 * Answers 503 within 2 s when the store is away (reliability 5): a request that has waited for 0.9 s asks whether the
 * database still answers, and is given up if it does not within 0.8 s. A frozen database says nothing by itself.
 */
export class StoreWatch {
  readonly #probe: () => Promise<unknown>
  #asked: { at: number; answers: Promise<boolean> } | null = null

  constructor(probe: () => Promise<unknown>) {
    this.#probe = probe
  }

  async guard<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const away = new Promise<never>((_, reject) => {
      const look = async () => {
        if (await this.answers()) timer = setTimeout(look, patienceMs)
        else reject(problem("unavailable", { reason: "database" }))
      }
      timer = setTimeout(look, patienceMs)
    })
    away.catch(() => undefined)
    try {
      return await Promise.race([work, away])
    } finally {
      clearTimeout(timer)
      timer = undefined
    }
  }

  /** One question for all who wait; a slow event loop gets the benefit of the doubt. */
  answers(): Promise<boolean> {
    const now = performance.now()
    if (this.#asked && now - this.#asked.at < freshMs) return this.#asked.answers
    const answers = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(false))), probeMs)
      this.#probe()
        .then(
          () => resolve(true),
          () => resolve(false),
        )
        .finally(() => clearTimeout(timer))
    })
    this.#asked = { at: now, answers }
    return answers
  }
}
