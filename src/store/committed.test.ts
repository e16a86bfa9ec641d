import { expect, test } from "vitest"
import { type Committed, Feed, lastPosition } from "./committed.ts"

function committed(before: number, count = 1): Committed {
  const events = Array.from({ length: count }, (_, n) => ({
    position: before + n + 1,
    id: `e${before + n + 1}`,
    type: "internal.touched",
    at: new Date(0),
    data: {},
    json: "{}",
    about: undefined,
  }))
  const known = { items: [], agents: [], offers: [], assigned: [] }
  return { orgId: "o", before, actor: null, actorJson: "null", requestId: null, events, touched: null, known }
}

const hear = (feed: Feed, one: Committed) => feed.hear({ position: lastPosition(one), committed: one })

test("what comes out of order waits for what is missing, and each comes once", () => {
  const feed = new Feed()
  const [a, b, c] = [committed(0, 2), committed(2, 3), committed(5)]
  hear(feed, c)
  hear(feed, b)
  expect(feed.heard).toBe(6)
  expect(feed.next(0)).toBeNull()
  hear(feed, a)
  expect([feed.next(0), feed.next(2), feed.next(5), feed.next(6)]).toEqual([a, b, c, null])
  expect([feed.next(0), feed.next(2), feed.next(5)]).toEqual([null, null, null])
})

test("what another process wrote is a gap; what the table has told meanwhile is forgotten", () => {
  const feed = new Feed()
  const [a, c] = [committed(0), committed(3)]
  hear(feed, a)
  hear(feed, c)
  expect(feed.next(0)).toBe(a)
  // 2 and 3 are read from the table, in whose page 4 stood already.
  expect(feed.next(1)).toBeNull()
  expect(feed.next(4)).toBeNull()
  expect(feed.next(3)).toBeNull()
  feed.hear({ position: 9 })
  expect([feed.heard, feed.next(4)]).toEqual([9, null])
})

test("a feed that nobody empties forgets, and says how far it has heard", () => {
  const feed = new Feed()
  for (let n = 0; n < 2_500; n++) hear(feed, committed(n + 1))
  expect(feed.heard).toBe(2_501)
  expect(feed.next(0)).toBeNull()
  expect(feed.next(1)).toBeNull()
  const left = committed(2_500)
  expect(feed.next(2_500)).toEqual(left)
})
