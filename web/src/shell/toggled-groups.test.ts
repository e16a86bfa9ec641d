import { expect, test } from "vitest"
import { toggledGroups } from "./toggled-groups.ts"

test("S7 a switch changes its own group and leaves out those that are configured no longer", () => {
  const ana = { status: "logged_in" as const, availableFor: ["messaging" as const, "mail" as const] }
  expect(toggledGroups(ana, "mail", ["messaging", "mail"])).toEqual(["messaging"])
  // The last chat app was deleted: to be available for messages would be refused, and Mail could not be switched off.
  expect(toggledGroups(ana, "mail", ["mail"])).toEqual([])
  expect(toggledGroups({ ...ana, availableFor: ["messaging"] }, "mail", ["mail"])).toEqual(["mail"])
  expect(toggledGroups({ ...ana, status: "away" }, "mail", ["messaging", "mail"])).toEqual(["mail"])
  expect(toggledGroups(undefined, "mail", ["mail"])).toEqual(["mail"])
})
