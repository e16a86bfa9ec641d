import { sql } from "kysely"
import type { ChannelGroup, ChannelName } from "../src/core/channels.ts"
import { groupOf } from "../src/core/channels.ts"
import { defaultWorkflowSettings, type WorkflowSettings } from "../src/core/workflow/settings.ts"
import { newId } from "../src/ids.ts"
import { createIntake } from "../src/intake/intake.ts"
import type { CommitHooks } from "../src/intake/commit.ts"
import type { InboundEvent, Intake, Receipt } from "../src/intake/inbound-event.ts"
import type { Broken } from "../src/routing/invariant-check.ts"
import { createRouting, type Routing } from "../src/routing/runner.ts"
import { openDatabase } from "../src/store/database.ts"
import type { Store } from "../src/store/write.ts"
import { Timers } from "../src/timers.ts"
import type { TestStore } from "./database.ts"

/** A believable organization made by rows alone, with intake and routing on it: what routing needs and nothing more. */
export type RoutingWorld = {
  orgId: string
  store: Store
  intake: Intake
  routing: Routing
  timers: Timers
  /** What routing found out about itself that must not be. */
  broken: Broken[]
  inbox(name: string, slaSeconds?: number): Promise<string>
  agent(
    name: string,
    options?: { inboxIds?: string[]; availableFor?: ChannelGroup[]; standard?: number; maximum?: number },
  ): Promise<string>
  entryPoint(channel: ChannelName, inboxId: string): Promise<string>
  settings(change: (settings: WorkflowSettings) => void): Promise<void>
  send(
    entryPointId: string,
    channel: ChannelName,
    from: string,
    text?: string,
    more?: Partial<InboundEvent>,
  ): Promise<Receipt>
  stop(): Promise<void>
}

export async function routingWorld(
  test: TestStore,
  options: {
    hooks?: CommitHooks
    owner?: string
    engine?: "plain" | "fast"
    unrouted?: boolean
    unfused?: boolean
  } = {},
): Promise<RoutingWorld> {
  const { store, db, clock, bus } = test
  const orgId = newId()
  const timers = new Timers(clock, (name, error) => console.error(name, error))
  const broken: Broken[] = []
  const side = openDatabase({ url: test.url, connectionsMax: 2 })
  await sql`INSERT INTO organizations (id, name, time_zone) VALUES (${orgId}, 'Retale', 'America/New_York')`.execute(db)
  await saveSettings({ ...structuredClone(defaultWorkflowSettings) })
  const routing = createRouting({
    store,
    clock,
    bus,
    timers,
    side: side.db,
    owner: options.owner ?? `test-${orgId}`,
    engine: options.engine ?? "fast",
    onError: (error) => console.error("routing", error),
    onBroken: async (_orgId, one) => void broken.push(one),
  })
  if (!options.unrouted) await routing.start()
  const intake = createIntake({
    store,
    clock,
    ...(options.unfused ? {} : { fuse: (id: string) => routing.fuse(id) }),
    ...(options.hooks && { hooks: options.hooks }),
  })

  async function saveSettings(settings: WorkflowSettings): Promise<void> {
    await store.write({ orgId, kind: "act" }, async (tx) => {
      await sql`
        INSERT INTO workflow_settings (org_id, settings) VALUES (${orgId}, ${JSON.stringify(settings)}::jsonb)
        ON CONFLICT (org_id) DO UPDATE SET settings = excluded.settings, version = workflow_settings.version + 1`.execute(
        tx.db,
      )
      tx.event("workflow_settings.updated", {})
    })
  }

  return {
    orgId,
    store,
    routing,
    timers,
    intake,
    broken,
    async inbox(name, slaSeconds = 3_600) {
      const id = newId()
      await sql`
        INSERT INTO inboxes (org_id, id, name, sla_minutes_text, sla_seconds)
        VALUES (${orgId}, ${id}, ${name}, ${String(slaSeconds / 60)}, ${slaSeconds})`.execute(db)
      await sql`UPDATE organizations SET fallback_inbox_id = ${id} WHERE id = ${orgId} AND fallback_inbox_id IS NULL`.execute(
        db,
      )
      return id
    },
    async agent(name, { inboxIds = [], availableFor = [], standard = 3, maximum = 6 } = {}) {
      const id = newId()
      await store.write({ orgId, kind: "act" }, async (tx) => {
        await sql`
          INSERT INTO users (org_id, id, name, email, roles, status)
          VALUES (${orgId}, ${id}, ${name}, ${`${name.toLowerCase()}-${id}@retale.com`}, ARRAY['agent'], 'active')`.execute(
          tx.db,
        )
        const status = availableFor.length > 0 ? "logged_in" : "logged_out"
        await sql`
          INSERT INTO agent_states (org_id, agent_id, partition_id, status, available_for, standard_capacity, maximum_capacity, mail_credit,
            last_logged_in_at, absent_since)
          VALUES (${orgId}, ${id}, ${orgId}, ${status}, ${availableFor}::text[], ${standard}, ${maximum},
            ${availableFor.includes("mail") ? 1 : 0}, ${status === "logged_in" ? tx.now : null}, ${status === "logged_in" ? null : tx.now})`.execute(
          tx.db,
        )
        for (const inboxId of inboxIds) {
          await sql`INSERT INTO inbox_members (org_id, inbox_id, agent_id) VALUES (${orgId}, ${inboxId}, ${id})`.execute(
            tx.db,
          )
        }
        tx.touch({ agents: [id] })
      })
      return id
    },
    async entryPoint(channel, inboxId) {
      const id = newId()
      const kind = channel === "email" ? "email" : channel === "chat" ? "chat_app" : "phone"
      await sql`
        INSERT INTO entry_points (org_id, id, channel, section, kind, address, display_name, created_by)
        VALUES (${orgId}, ${id}, ${channel}, ${channel}, ${kind}, ${`${channel}-${id}`}, ${channel}, '{}')`.execute(db)
      await sql`
        INSERT INTO channel_routings (org_id, section, default_inbox_id) VALUES (${orgId}, ${channel}, ${inboxId})
        ON CONFLICT (org_id, section) DO NOTHING`.execute(db)
      await sql`
        INSERT INTO entry_point_exceptions (org_id, entry_point_id, section, inbox_id)
        SELECT ${orgId}, ${id}, ${channel}, ${inboxId} FROM channel_routings
        WHERE org_id = ${orgId} AND section = ${channel} AND default_inbox_id <> ${inboxId}`.execute(db)
      return id
    },
    async settings(change) {
      const settings = structuredClone(defaultWorkflowSettings)
      change(settings)
      await saveSettings(settings)
    },
    async send(entryPointId, channel, from, text = "Hello", more = {}) {
      return intake.accept({
        orgId,
        entryPointId,
        channel,
        externalId: newId(),
        from: {
          kind: groupOf(channel) === "mail" ? "email" : channel === "chat" ? "visitor" : "phone",
          value: from,
          name: from,
          verifiedBy: "channel",
        },
        content: { kind: "text", text },
        sentAt: null,
        raw: { bytes: Buffer.from(text) },
        test: false,
        ...more,
      })
    },
    async stop() {
      await routing.stop()
      await timers.stop()
      await side.close()
    },
  }
}
