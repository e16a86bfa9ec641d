/** Walks through what a map holds, a share at each call, again and again; what comes and goes meanwhile may. */
export class Sampler<Row> {
  readonly #rows: ReadonlyMap<string, Row>
  #walk: Iterator<Row>

  constructor(rows: ReadonlyMap<string, Row>) {
    this.#rows = rows
    this.#walk = rows.values()
  }

  /** One of `parts`, or `min` where that is more; fewer at the end of a walk. */
  next(parts: number, min: number): Row[] {
    const wanted = Math.max(min, Math.ceil(this.#rows.size / parts))
    const found: Row[] = []
    while (found.length < wanted) {
      const { value, done } = this.#walk.next()
      if (done) {
        this.#walk = this.#rows.values()
        break
      }
      found.push(value)
    }
    return found
  }
}
