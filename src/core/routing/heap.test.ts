import fc from "fast-check"
import { expect, test } from "vitest"
import { IndexedHeap } from "./heap.ts"

type Row = { id: string; key: number }
const compare = (a: Row, b: Row) => a.key - b.key || (a.id < b.id ? -1 : 1)

test("whatever is set, changed and deleted, the first are the least and the rows are all there", () => {
  const id = fc.constantFrom(..."abcdefghij")
  const step = fc.oneof(fc.record({ id, key: fc.nat(20) }), fc.record({ id }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new IndexedHeap<Row>(compare)
      const model = new Map<string, Row>()
      for (const each of steps) {
        if ("key" in each) {
          heap.set(each)
          model.set(each.id, each)
        } else {
          heap.delete(each.id)
          model.delete(each.id)
        }
        const sorted = [...model.values()].sort(compare)
        expect(heap.peek()).toEqual(sorted[0])
        expect([...heap.rows()].sort(compare)).toEqual(sorted)
        expect(heap.first(3)).toEqual(sorted.slice(0, 3))
        expect(heap.get(each.id)).toEqual(model.get(each.id))
      }
    }),
  )
})
