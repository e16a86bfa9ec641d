/** Members of a changing set, some at a time, so that each has its turn once in a round. */
export class Turns<T> {
  readonly #members: ReadonlySet<T>
  readonly #turnsOfRound: number
  /** Who was there when the round began. */
  #round: T[] = []
  #turn = 0

  constructor(members: ReadonlySet<T>, turnsOfRound: number) {
    this.#members = members
    this.#turnsOfRound = turnsOfRound
  }

  /** A round has as many turns for few members as for many: then nobody's turn comes in most of them. */
  next(): T[] {
    if (this.#turn === 0) this.#round = [...this.#members]
    const from = this.#upTo(this.#turn)
    this.#turn = (this.#turn + 1) % this.#turnsOfRound
    const to = this.#turn === 0 ? this.#round.length : this.#upTo(this.#turn)
    return this.#round.slice(from, to).filter((member) => this.#members.has(member))
  }

  #upTo(turn: number): number {
    return Math.ceil((this.#round.length * turn) / this.#turnsOfRound)
  }
}
