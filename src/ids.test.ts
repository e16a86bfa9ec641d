import { afterEach, expect, test } from "vitest"
import { idOfSecondsAgo, makeIdsBy, newId } from "./ids.ts"

afterEach(() => makeIdsBy(Date.now))

/** When an id says that it was made (RFC 9562 5.7). */
const madeAt = (id: string) => Number.parseInt(id.replace("-", "").slice(0, 12), 16)

test("reliability 14 ids are made by the time that they are told to go by, not by this machine's", () => {
  let ms = Date.now() + 3_600_000.7
  makeIdsBy(() => ms)
  const first = newId()
  expect(madeAt(first)).toBe(Math.floor(ms))
  expect(madeAt(idOfSecondsAgo(60))).toBe(Math.floor(ms) - 60_000)
  // A time that is set back makes none that is older than the one before.
  ms -= 3_600_000
  expect(newId() > first).toBe(true)
  ms += 7_200_000
  expect(madeAt(newId())).toBe(Math.floor(ms))
})
