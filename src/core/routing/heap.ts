/** A binary heap that knows where each row stands: setting, changing and deleting by id cost O(log n), the head O(1). */
export class IndexedHeap<Row extends { id: string }> {
  #rows: Row[] = []
  #places = new Map<string, number>()
  #compare: (a: Row, b: Row) => number

  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#rows.length
  }

  get(id: string): Row | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#rows[place]
  }

  peek(): Row | undefined {
    return this.#rows[0]
  }

  /** In no particular order. */
  rows(): readonly Row[] {
    return this.#rows
  }

  /** The first `count` rows in order; what it costs does not grow with the heap. */
  first(count: number): Row[] {
    const found: Row[] = []
    const open = this.#rows.length > 0 ? [0] : []
    while (found.length < count && open.length > 0) {
      const next = open.reduce((best, place) => (this.#isBefore(place, best) ? place : best))
      open.splice(open.indexOf(next), 1)
      found.push(this.#at(next))
      open.push(...[2 * next + 1, 2 * next + 2].filter((child) => child < this.#rows.length))
    }
    return found
  }

  /** Adds the row, or puts it in the place of the one with its id. */
  set(row: Row): void {
    const place = this.#places.get(row.id) ?? this.#rows.length
    this.#put(place, row)
    this.#settle(place)
  }

  delete(id: string): void {
    const place = this.#places.get(id)
    if (place === undefined) return
    const last = this.#rows.pop()
    this.#places.delete(id)
    if (!last || last.id === id) return
    this.#put(place, last)
    this.#settle(place)
  }

  #settle(place: number): void {
    this.#sink(this.#rise(place))
  }

  #rise(from: number): number {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isBefore(place, parent)) break
      this.#swap(place, parent)
      place = parent
    }
    return place
  }

  #sink(from: number): void {
    let place = from
    for (;;) {
      const left = 2 * place + 1
      if (left >= this.#rows.length) return
      const right = left + 1
      const child = right < this.#rows.length && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, place)) return
      this.#swap(place, child)
      place = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    return this.#compare(this.#at(a), this.#at(b)) < 0
  }

  #swap(a: number, b: number): void {
    const row = this.#at(a)
    this.#put(a, this.#at(b))
    this.#put(b, row)
  }

  #put(place: number, row: Row): void {
    this.#rows[place] = row
    this.#places.set(row.id, place)
  }

  #at(place: number): Row {
    const row = this.#rows[place]
    if (row === undefined) throw new Error(`No row at ${place}`)
    return row
  }
}
