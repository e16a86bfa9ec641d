import { expect, test } from "vitest"
import { keepMine } from "./draft.ts"

test("what I typed stays, what I did not touch becomes theirs", () => {
  const stored = { name: "Billing", sla: "60", hours: { from: "9", to: "17" }, sites: ["a"] }
  const mine = { ...stored, sla: "30", hours: { from: "8", to: "17" }, sites: ["a", "b"] }
  const theirs = { name: "Invoices", sla: "45", hours: { from: "9", to: "18" }, sites: [] }
  expect(keepMine(stored, mine, theirs)).toEqual({
    name: "Invoices",
    sla: "30",
    hours: { from: "8", to: "18" },
    sites: ["a", "b"],
  })
})

test("a part that I emptied stays empty", () => {
  expect(keepMine<{ mailboxId: string | null }>({ mailboxId: "m1" }, { mailboxId: null }, { mailboxId: "m2" })).toEqual(
    { mailboxId: null },
  )
})
