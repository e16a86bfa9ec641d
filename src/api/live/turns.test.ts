import { expect, test } from "vitest"
import { Turns } from "./turns.ts"

test("each has its turn once in a round, a few at a time", () => {
  const members = new Set(Array.from({ length: 10 }, (_, n) => n))
  const turns = new Turns(members, 1 / 4)
  const round = Array.from({ length: 4 }, () => turns.next())
  expect(round.map(({ length }) => length)).toEqual([3, 3, 3, 1])
  expect(round.flat()).toEqual([...members])
})

test("who has left has no turn, who came has his in the next round", () => {
  const members = new Set(["Ana", "Ben"])
  const turns = new Turns(members, 1 / 2)
  expect(turns.next()).toEqual(["Ana"])
  members.delete("Ben")
  members.add("Cem")
  expect(turns.next()).toEqual([])
  expect([...turns.next(), ...turns.next()]).toEqual(["Ana", "Cem"])
})

test("nobody there", () => {
  expect(new Turns(new Set(), 1).next()).toEqual([])
})
