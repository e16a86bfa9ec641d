import fc from "fast-check"
import { expect, test } from "vitest"
import type { Section } from "../channels.ts"
import { type InboxChoice, type RoutingTable, resolve } from "./resolve.ts"

const inboxes = new Map([
  ["general", { name: "General Support", slaSeconds: 86_400 }],
  ["billing", { name: "Billing", slaSeconds: 3600 }],
])

function routing(defaults: [Section, InboxChoice][], exceptions: [string, InboxChoice][] = []): RoutingTable {
  return { defaults: new Map(defaults), exceptions: new Map(exceptions), inboxes }
}

const support = { id: "support@", section: "email" } as const
const billing = { id: "billing@", section: "email" } as const

test("S18 S22 S65 without exceptions every entry point of a section goes to its default Inbox", () => {
  const table = routing([["email", { inboxId: "general", slaSeconds: null }]])
  for (const entryPoint of [support, billing]) {
    expect(resolve(entryPoint, table)).toEqual({
      inboxId: "general",
      inboxName: "General Support",
      inboxSource: "default",
      slaSeconds: 86_400,
      slaSource: "inbox",
    })
  }
})

test("S19 S60 an exception changes the Inbox of its entry point and of no other", () => {
  const table = routing(
    [["email", { inboxId: "general", slaSeconds: null }]],
    [["billing@", { inboxId: "billing", slaSeconds: null }]],
  )
  expect(resolve(billing, table)).toMatchObject({ inboxId: "billing", inboxSource: "exception", slaSeconds: 3600 })
  expect(resolve(support, table)).toMatchObject({ inboxId: "general", inboxSource: "default" })
})

test("S66 the section's SLA trumps the Inbox SLA of entry points on the default", () => {
  const table = routing([["email", { inboxId: "general", slaSeconds: 300 }]])
  expect(resolve(support, table)).toMatchObject({ slaSeconds: 300, slaSource: "channel_default" })
})

test("S68 an exception may name the default Inbox and differ in its SLA only", () => {
  const table = routing(
    [["email", { inboxId: "general", slaSeconds: null }]],
    [["billing@", { inboxId: "general", slaSeconds: 120 }]],
  )
  expect(resolve(billing, table)).toMatchObject({ inboxId: "general", inboxSource: "exception", slaSeconds: 120 })
})

test("S73 a blank exception takes its own Inbox's SLA, never the section's", () => {
  const table = routing(
    [["email", { inboxId: "general", slaSeconds: 300 }]],
    [["billing@", { inboxId: "billing", slaSeconds: null }]],
  )
  expect(resolve(billing, table)).toMatchObject({ slaSeconds: 3600, slaSource: "inbox" })
})

test("S74 an exception's SLA wins whether longer or shorter", () => {
  for (const slaSeconds of [300, 7200]) {
    const table = routing(
      [["email", { inboxId: "general", slaSeconds: 60 }]],
      [["billing@", { inboxId: "billing", slaSeconds }]],
    )
    expect(resolve(billing, table)).toMatchObject({ slaSeconds, slaSource: "exception" })
  }
})

test("S34 exit nodes follow the section ivr", () => {
  const table = routing([
    ["voice", { inboxId: "general", slaSeconds: null }],
    ["ivr", { inboxId: "billing", slaSeconds: null }],
  ])
  expect(resolve({ id: "exit", section: "ivr" }, table).inboxId).toBe("billing")
  expect(resolve({ id: "number", section: "voice" }, table).inboxId).toBe("general")
})

test("S12 S33 every entry point resolves to exactly one existing Inbox, or the settings are refused loudly", () => {
  const choice = fc.record({
    inboxId: fc.constantFrom("general", "billing"),
    slaSeconds: fc.option(fc.integer({ min: 1, max: 1000 })),
  })
  fc.assert(
    fc.property(choice, fc.option(choice), (preset, exception) => {
      const table = routing([["email", preset]], exception ? [["billing@", exception]] : [])
      const got = resolve(billing, table)
      const expected = exception ?? preset
      expect(got.inboxId).toBe(expected.inboxId)
      expect(got.slaSeconds).toBe(expected.slaSeconds ?? inboxes.get(expected.inboxId)?.slaSeconds)
    }),
  )
  expect(() => resolve(billing, routing([]))).toThrow("No default Inbox")
  expect(() => resolve(billing, routing([["email", { inboxId: "gone", slaSeconds: null }]]))).toThrow("does not exist")
})
