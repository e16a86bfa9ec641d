import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { amount } from "../../test/trials.ts"
import { type ChannelGroup, channelGroups, tierOfGroup } from "../core/channels.ts"
import { newId } from "../ids.ts"
import { putQueueItems } from "../store/queue-items.ts"
import type { QueueItemRow } from "../store/queue-item.ts"
import { readCounts } from "./read.ts"

let base: TestStore
beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())

const now = new Date("2026-11-21T12:00:00Z")
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000)
const [inboxes, agents] = [
  [newId(), newId(), newId()],
  [newId(), newId(), newId()],
]

type Waits = { inbox: number; group: ChannelGroup; state: QueueItemRow["state"]; seconds: number; due: number }
const waitsOf: fc.Arbitrary<Waits> = fc.record({
  inbox: fc.nat(2),
  group: fc.constantFrom<ChannelGroup>(...channelGroups),
  state: fc.constantFrom<QueueItemRow["state"]>("waiting", "offered", "done", "canceled"),
  seconds: fc.nat(1_000),
  due: fc.nat(1_000),
})

function itemOf({ inbox, group, state, seconds, due }: Waits): QueueItemRow {
  const isOver = state === "done" || state === "canceled"
  return {
    id: newId(),
    conversationId: newId(),
    contactId: newId(),
    lane: group === "voice" ? "call" : "text",
    inboxId: inboxes[inbox] ?? "",
    channelGroup: group,
    tier: tierOfGroup[group],
    state,
    dueAt: before(due),
    queuedAt: before(seconds),
    firstQueuedAt: before(seconds),
    messageCount: 1,
    doneAt: isOver ? now : null,
    doneReason: isOver ? "assigned" : null,
    version: 1,
  }
}

test("each is told what waits in his inboxes, by group, whoever else is asked about", async () => {
  const memberships = fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 9 })
  const asked = fc.subarray(agents)
  await fc.assert(
    fc.asyncProperty(fc.array(waitsOf, { maxLength: 20 }), memberships, asked, async (waits, members, agentIds) => {
      const orgId = newId()
      await base.store.write({ orgId, kind: "act" }, async (tx) => putQueueItems(tx, waits.map(itemOf)))
      for (const [inbox, agent] of members)
        await sql`
          INSERT INTO inbox_members (org_id, inbox_id, agent_id) VALUES (${orgId}, ${inboxes[inbox]}, ${agents[agent]})
          ON CONFLICT DO NOTHING`.execute(base.db)
      const counts = await readCounts(base.db, orgId, agentIds, now)
      const expected = agentIds.map((agentId): [string, object] => {
        const isMine = ({ inbox }: Waits) => members.some(([i, a]) => i === inbox && agents[a] === agentId)
        const mine = waits.filter((one) => isMine(one) && (one.state === "waiting" || one.state === "offered"))
        const countOf = (group: ChannelGroup) => {
          const those = mine.filter((one) => one.group === group)
          if (those.length === 0) return { waiting: 0, oldestSeconds: null, earliestDueAt: null }
          return {
            waiting: those.length,
            oldestSeconds: Math.max(...those.map(({ seconds }) => seconds)),
            earliestDueAt: before(Math.max(...those.map(({ due }) => due))).toISOString(),
          }
        }
        return [agentId, { voice: countOf("voice"), messaging: countOf("messaging"), mail: countOf("mail") }]
      })
      expect([...counts]).toEqual(expected)
    }),
    { numRuns: amount(30, 500) },
  )
}, 60_000)
