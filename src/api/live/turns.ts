/** Members of a changing set, some at a time, so that each has its turn once in a round. */
export class Turns<T> {
  readonly #members: ReadonlySet<T>
  /** Of a round, in one turn. */
  readonly #share: number
  #waiting: T[] = []
  #size = 0

  constructor(members: ReadonlySet<T>, share: number) {
    this.#members = members
    this.#share = share
  }

  next(): T[] {
    if (this.#waiting.length === 0) {
      this.#waiting = [...this.#members]
      this.#size = Math.ceil(this.#waiting.length * this.#share)
    }
    return this.#waiting.splice(0, this.#size).filter((member) => this.#members.has(member))
  }
}
