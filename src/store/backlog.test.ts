import { sql } from "kysely"
import { expect, test } from "vitest"
import { testStore } from "../../test/database.ts"
import { routingWorld } from "../../test/routing-world.ts"
import { newId } from "../ids.ts"
import { backlogHelp, readBacklog } from "./backlog.ts"
import { insertDelivery } from "./deliveries.ts"

test("what waits, how long, and what was given up is counted over all organizations", async () => {
  await using ground = await testStore()
  const nothing = await readBacklog(ground.db, ground.clock.now())
  expect(nothing).toEqual(Object.fromEntries(Object.keys(backlogHelp).map((name) => [name, 0])))

  const messages: string[] = []
  for (const _ of [1, 2]) {
    const world = await routingWorld(ground)
    const sms = await world.entryPoint("sms", await world.inbox("General", 3_600))
    const { conversationId } = await world.send(sms, "sms", "+14155550101")
    const message = await sql<{
      id: string
    }>`SELECT id FROM messages WHERE conversation_id = ${conversationId}`.execute(ground.db)
    messages.push(String(message.rows[0]?.id))
    await world.store.write({ orgId: world.orgId, kind: "act" }, (tx) =>
      insertDelivery(tx, { messageId: String(messages.at(-1)), channel: "sms" }),
    )
    await world.stop()
  }
  await sql`UPDATE deliveries SET failure = '{"code":"deferred"}' WHERE message_id = ${messages[0]}`.execute(ground.db)
  await sql`UPDATE jobs SET failed_at = now() WHERE org_id = (SELECT org_id FROM messages WHERE id = ${messages[0]})`.execute(
    ground.db,
  )
  await sql`
    INSERT INTO carrier_accounts (org_id, id, carrier, name, account_sid, auth_token, base_url, status, created_at, created_by)
    SELECT org_id, ${newId()}, 'twilio', 'Twilio', 'AC1', 'sealed', 'https://api.example', 'refused', now(), '{}' FROM messages LIMIT 1`.execute(
    ground.db,
  )
  const later = new Date(ground.clock.now().getTime() + 7_200_000)
  const seen = await readBacklog(ground.db, later)
  expect(seen).toMatchObject({
    queue_items_waiting: 2,
    queue_items_overdue: 2,
    deliveries_waiting: 2,
    deliveries_retrying: 1,
    jobs_failed: 1,
    inbound_events_parked: 0,
    carrier_accounts_failing: 1,
  })
  expect(seen.queue_oldest_waiting_seconds).toBeGreaterThan(7_199)
  expect(seen.deliveries_oldest_waiting_seconds).toBeGreaterThan(7_199)
})
