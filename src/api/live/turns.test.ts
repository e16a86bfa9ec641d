import fc from "fast-check"
import { expect, test } from "vitest"
import { Turns } from "./turns.ts"

test("each has its turn once in a round, a few at a time", () => {
  const members = new Set(Array.from({ length: 10 }, (_, n) => n))
  const turns = new Turns(members, 4)
  const round = Array.from({ length: 4 }, () => turns.next())
  expect(round.map(({ length }) => length)).toEqual([3, 2, 3, 2])
  expect(round.flat()).toEqual([...members])
})

test("who has left has no turn, who came has his in the next round", () => {
  const members = new Set(["Ana", "Ben"])
  const turns = new Turns(members, 2)
  expect(turns.next()).toEqual(["Ana"])
  members.delete("Ben")
  members.add("Cem")
  expect(turns.next()).toEqual([])
  expect([...turns.next(), ...turns.next()]).toEqual(["Ana", "Cem"])
})

test("few have no more turns than many", () => {
  const turns = new Turns(new Set(["Ana", "Ben"]), 20)
  const round = () => Array.from({ length: 20 }, () => turns.next()).flat()
  expect([round(), round(), round()]).toEqual([
    ["Ana", "Ben"],
    ["Ana", "Ben"],
    ["Ana", "Ben"],
  ])
})

test("each has exactly one turn in a round, however many come and go between the rounds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(100), { maxLength: 10 }), (turnsOfRound, sizes) => {
      const members = new Set<number>()
      const turns = new Turns(members, turnsOfRound)
      for (const size of sizes) {
        members.clear()
        for (let n = 0; n < size; n++) members.add(n)
        const round = Array.from({ length: turnsOfRound }, () => turns.next())
        expect(round.flat()).toEqual([...members])
        expect(Math.max(...round.map(({ length }) => length))).toBe(Math.ceil(size / turnsOfRound))
      }
    }),
  )
})

test("nobody there", () => {
  expect(new Turns(new Set(), 1).next()).toEqual([])
})
