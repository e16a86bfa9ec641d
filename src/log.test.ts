import { expect, test, vi } from "vitest"
import { createLog } from "./log.ts"

function logged(fields: object): Record<string, unknown> {
  const lines: string[] = []
  createLog({ level: "info", destination: { write: (line: string) => void lines.push(line) } }).info(
    fields,
    "what happened",
  )
  return JSON.parse(lines[0] ?? "null")
}

test("secrets and bodies are left out at any depth", () => {
  const line = logged({
    orgId: "o1",
    account: { name: "Twilio", authToken: "t0ps3cret", nested: [{ headers: { Authorization: "Bearer t0ps3cret" } }] },
    message: { id: "m1", text: "dear sirs", attachments: [{ name: "a.pdf", content: Buffer.from("dear sirs") }] },
  })
  expect(line).toMatchObject({
    level: "info",
    msg: "what happened",
    orgId: "o1",
    account: { name: "Twilio", authToken: "[secret]" },
  })
  expect(line).toMatchObject({ message: { id: "m1", text: "[body]", attachments: [{ name: "a.pdf" }] } })
  expect(JSON.stringify(line)).not.toMatch(/t0ps3cret|dear sirs|ZGVhci/)
})

test("an error keeps its words, code and cause, and loses the row's values", () => {
  const cause = new Error("connection lost")
  const error = Object.assign(new Error("duplicate key", { cause }), {
    code: "23505",
    detail: "Key (email)=(ana@example.com)",
  })
  const line = logged({ err: error })
  expect(line).toMatchObject({
    err: { type: "Error", message: "duplicate key", code: "23505", cause: { message: "connection lost" } },
  })
  expect(JSON.stringify(line)).not.toContain("ana@example.com")
})

test("a circle or a very deep value ends somewhere", () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  expect(JSON.stringify(logged({ circle }))).toContain("[deeper]")
})

test("a failure that repeats is written a few times, then counted; other lines are all written", () => {
  vi.useFakeTimers()
  try {
    const lines: string[] = []
    const log = createLog({ level: "info", destination: { write: (line: string) => void lines.push(line) } })
    const fail = (text: string) => log.error({ orgId: "o1", err: new Error(text) }, "timer failed")
    for (let n = 0; n < 100; n++) fail("connect ECONNREFUSED")
    fail("something else")
    for (let n = 0; n < 10; n++) log.error({ orgId: "o1", invariant: 3 }, "invariant broken")
    expect(lines.filter((line) => line.includes("ECONNREFUSED"))).toHaveLength(5)
    expect(lines.filter((line) => line.includes("something else"))).toHaveLength(1)
    expect(lines.filter((line) => line.includes("invariant broken"))).toHaveLength(10)
    vi.advanceTimersByTime(10_001)
    fail("connect ECONNREFUSED")
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ msg: "timer failed", orgId: "o1", repeated: 95 })
  } finally {
    vi.useRealTimers()
  }
})
