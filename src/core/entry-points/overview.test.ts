import { expect, test } from "vitest"
import type { Section } from "../channels.ts"
import { type InboxRule, type OverviewEntryPoint, overview } from "./overview.ts"
import type { InboxChoice } from "./resolve.ts"

const inboxes = new Map(
  ["General Support", "Returns", "VIP Customers", "Chat Support"].map((name) => [name, { name, slaSeconds: 86_400 }]),
)
const to = (inboxId: string): InboxChoice => ({ inboxId, slaSeconds: null })

/** The table of the first source document (S37-S41). */
const entryPoints: OverviewEntryPoint[] = [
  { id: "v1", section: "voice", label: "+14155559877" },
  { id: "v2", section: "voice", label: "+14155558888" },
  { id: "v3", section: "voice", label: "+14155555555", exits: [{ entryPointId: "x1", label: "returns" }] },
  { id: "x1", section: "ivr", label: "returns" },
  { id: "s1", section: "sms", label: "+14155559812" },
  { id: "s2", section: "sms", label: "+14155551243" },
  { id: "c1", section: "chat", label: "retale.com-shopping-cart" },
]
const routing = {
  defaults: new Map<Section, InboxChoice>([
    ["voice", to("General Support")],
    ["ivr", to("General Support")],
    ["sms", to("General Support")],
    ["chat", to("Chat Support")],
  ]),
  exceptions: new Map([
    ["x1", to("Returns")],
    ["s2", to("VIP Customers")],
  ]),
  inboxes,
}
const rules: InboxRule[] = [
  { name: "Platinum", inboxId: "VIP Customers", channels: ["sms"], entryPointIds: ["s1"] },
  { name: "Gone", inboxId: "does not exist" },
]
const members = new Map([
  ["General Support", ["ana", "ben"]],
  ["Returns", ["ben", "cy"]],
])

test("S34 S37 S38 S39 S40 S41 the routing overview shows every reachable Inbox, direct first, equal results grouped", () => {
  const rows = overview({ entryPoints, routing, rules, members })
  const shown = rows.map(({ channel, labels, reachable, agents }) => [
    channel,
    labels.join(", "),
    reachable.map(({ name, via, viaLabel }) => (viaLabel ? `${name} via ${via} ${viaLabel}` : name)).join(", "),
    agents,
  ])
  expect(shown).toEqual([
    ["voice", "+14155555555", "General Support, Returns via exit_node returns", 3],
    ["voice", "+14155558888, +14155559877", "General Support", 2],
    ["sms", "+14155551243", "VIP Customers", 0],
    ["sms", "+14155559812", "General Support, VIP Customers via rule Platinum", 2],
    ["chat", "retale.com-shopping-cart", "Chat Support", 0],
  ])
})

test("S42 S43 an Inbox fed by one channel stands in rows of that channel only", () => {
  const rows = overview({ entryPoints, routing, rules: [], members })
  const channelsOf = (inboxId: string) =>
    new Set(rows.filter((row) => row.reachable.some((inbox) => inbox.inboxId === inboxId)).map((row) => row.channel))
  expect([...channelsOf("Chat Support")]).toEqual(["chat"])
  expect([...channelsOf("General Support")]).toEqual(["voice", "sms"])
})
