import { expect, test } from "vitest"
import { checkSection, type SectionConfiguration } from "./section.ts"

const configuration: SectionConfiguration = {
  section: "chat",
  entryPoints: new Map([
    ["platinum", { section: "chat" }],
    ["cart", { section: "chat" }],
    ["phone", { section: "voice" }],
  ]),
  inboxes: new Map([
    ["chat", { name: "Chat Support", slaMinutesText: "1440", active: true }],
    ["vip", { name: "VIP", slaMinutesText: "60", active: true }],
    ["closed", { name: "Old", slaMinutesText: "60", active: false }],
  ]),
}

function errorsOf(body: Parameters<typeof checkSection>[0]) {
  const checked = checkSection(body, configuration)
  return checked.ok ? [] : checked.errors
}

test("S11 S71 S72 S76 S77 the refused example of the contract: seven errors at once, word for word", () => {
  const errors = errorsOf({
    defaultInboxId: "chat",
    defaultSlaMinutesText: null,
    exceptions: [
      { entryPointId: "platinum", inboxId: "vip", slaMinutesText: "0.0" },
      { entryPointId: "platinum", inboxId: "closed", slaMinutesText: "3-5" },
      { entryPointId: "phone", inboxId: null, slaMinutesText: "1,5" },
    ],
  })
  expect(errors).toEqual([
    {
      pointer: "#/exceptions/0/slaMinutesText",
      code: "sla_zero",
      detail: "Enter more than 0. Empty means 60, from VIP.",
    },
    {
      pointer: "#/exceptions/1/entryPointId",
      code: "duplicate",
      detail: "This entry point already has an exception (row 1).",
    },
    {
      pointer: "#/exceptions/1/inboxId",
      code: "inbox_deactivated",
      detail: "This Inbox is deactivated. Choose an active one.",
    },
    {
      pointer: "#/exceptions/1/slaMinutesText",
      code: "sla_minus",
      detail: "Minus signs are not allowed. Enter minutes such as 5 or 0.66.",
    },
    {
      pointer: "#/exceptions/2/entryPointId",
      code: "wrong_channel",
      detail: "This entry point belongs to Voice, not Chat.",
    },
    { pointer: "#/exceptions/2/inboxId", code: "required", detail: "Choose an Inbox." },
    {
      pointer: "#/exceptions/2/slaMinutesText",
      code: "sla_not_a_number",
      detail: "Use digits and one dot, such as 1.5.",
    },
  ])
})

test("S68 S75 a good section comes back parsed; an exception may name the default Inbox", () => {
  const checked = checkSection(
    {
      defaultInboxId: "chat",
      defaultSlaMinutesText: " ",
      exceptions: [
        { entryPointId: "platinum", inboxId: "vip", slaMinutesText: " 0.66 " },
        { entryPointId: "cart", inboxId: "chat", slaMinutesText: null },
      ],
    },
    configuration,
  )
  expect(checked).toEqual({
    ok: true,
    value: {
      default: { inboxId: "chat", slaMinutesText: null, slaSeconds: null },
      exceptions: [
        { entryPointId: "platinum", inboxId: "vip", slaMinutesText: "0.66", slaSeconds: 40 },
        { entryPointId: "cart", inboxId: "chat", slaMinutesText: null, slaSeconds: null },
      ],
    },
  })
})

test("S72 unknown, missing and mistyped values of the default are told at their own pointers", () => {
  expect(errorsOf({}).map(({ pointer, code }) => [pointer, code])).toEqual([["#/defaultInboxId", "required"]])
  expect(
    errorsOf({ defaultInboxId: "nobody's", defaultSlaMinutesText: 5 }).map(({ pointer, code }) => [pointer, code]),
  ).toEqual([
    ["#/defaultInboxId", "unknown_reference"],
    ["#/defaultSlaMinutesText", "type"],
  ])
  expect(errorsOf({ defaultInboxId: "closed", defaultSlaMinutesText: "0" })).toMatchObject([
    { code: "inbox_deactivated" },
    { code: "sla_zero", detail: "Enter more than 0. Empty means 60, from Old." },
  ])
})

test("more exceptions than an organization may have are refused as a whole", () => {
  const rows = Array.from({ length: 5001 }, () => ({}))
  expect(errorsOf({ defaultInboxId: "chat", exceptions: rows })).toMatchObject([
    { pointer: "#/exceptions", code: "too_many" },
  ])
})
