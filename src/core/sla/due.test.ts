import fc from "fast-check"
import { expect, test } from "vitest"
import { dueAt, dueState, earlierDue } from "./due.ts"

const at = (text: string) => new Date(`2026-11-21T${text}Z`)

test("S75 a message with an SLA of 40 s is due 40 s after it was received", () => {
  expect(dueAt(at("10:41:00"), 40)).toEqual(at("10:41:40"))
})

test("the earlier due date wins while a reply is outstanding, and a due date never rises", () => {
  expect(earlierDue(null, at("12:00:00"))).toEqual(at("12:00:00"))
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), fc.date({ noInvalidDate: true }), (held, potential) => {
      const next = earlierDue(held, potential)
      expect(next <= held && next <= potential).toBe(true)
    }),
  )
})

test("due soon is the last quarter of the SLA, at most the last hour", () => {
  const due = at("12:00:00")
  expect(dueState(null, 3600, due)).toBe("none")
  expect(dueState(due, 3600, at("11:44:59"))).toBe("due")
  expect(dueState(due, 3600, at("11:45:00"))).toBe("due_soon")
  expect(dueState(due, 86_400, at("10:59:59"))).toBe("due")
  expect(dueState(due, 86_400, at("11:00:00"))).toBe("due_soon")
  expect(dueState(due, null, at("11:00:00"))).toBe("due_soon")
  expect(dueState(due, 3600, due)).toBe("due_soon")
  expect(dueState(due, 3600, at("12:00:01"))).toBe("overdue")
})
