import { expect, test } from "vitest"
import { contactEndStatus, statusOf } from "./status.ts"

const then = new Date(0)

test("a status follows from its cause", () => {
  expect(statusOf({ closedAt: then, awaitingSince: then, agentId: null })).toBe("closed")
  expect(statusOf({ closedAt: null, awaitingSince: then, agentId: null })).toBe("new")
  expect(statusOf({ closedAt: null, awaitingSince: then, agentId: "ana" })).toBe("open")
  expect(statusOf({ closedAt: null, awaitingSince: null, agentId: "ana" })).toBe("waiting")
  expect(statusOf({ closedAt: null, awaitingSince: null, agentId: null })).toBe("waiting")
})

test("how a contact ended", () => {
  expect(contactEndStatus({ answeredByHuman: true, endedByCustomer: true })).toBe("answered")
  expect(contactEndStatus({ answeredByHuman: false, endedByCustomer: true })).toBe("abandoned")
  expect(contactEndStatus({ answeredByHuman: false, endedByCustomer: false })).toBe("unanswered")
})
