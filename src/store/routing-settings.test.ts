import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { defaultWorkflowSettings } from "../core/workflow/settings.ts"
import { newId } from "../ids.ts"
import { readWorkflowSettings, routingOf, routingRows } from "./routing-settings.ts"

let base: TestStore
let orgId: string
let support: string
let returns: string

beforeAll(async () => {
  base = await testStore()
})
afterAll(() => base.close())
beforeEach(async () => {
  orgId = newId()
  await sql`INSERT INTO organizations (id, name, time_zone) VALUES (${orgId}, 'Retale', 'UTC')`.execute(base.db)
  support = await inbox("Support", 3_600)
  returns = await inbox("Returns", 60)
  await sql`UPDATE organizations SET fallback_inbox_id = ${support} WHERE id = ${orgId}`.execute(base.db)
})

async function inbox(name: string, slaSeconds: number): Promise<string> {
  const id = newId()
  await sql`
    INSERT INTO inboxes (org_id, id, name, sla_minutes_text, sla_seconds)
    VALUES (${orgId}, ${id}, ${name}, '1', ${slaSeconds})`.execute(base.db)
  return id
}

async function entryPoint(section: "sms" | "email"): Promise<string> {
  const id = newId()
  await sql`
    INSERT INTO entry_points (org_id, id, channel, section, kind, address, display_name, created_by)
    VALUES (${orgId}, ${id}, ${section}, ${section}, ${section === "sms" ? "phone" : "email"}, ${id}, ${section}, '{}')`.execute(
    base.db,
  )
  return id
}

async function read(...entryPointIds: string[]) {
  const { rows } = await routingRows(orgId, entryPointIds).execute(base.db)
  return routingOf(rows)
}

const both = () =>
  new Map([
    [support, { name: "Support", slaSeconds: 3_600 }],
    [returns, { name: "Returns", slaSeconds: 60 }],
  ])

test("S12 a section without a default leads to the fallback; an exception stands beside it, with the inboxes of both", async () => {
  const [plain, special] = [await entryPoint("sms"), await entryPoint("sms")]
  await sql`
    INSERT INTO entry_point_exceptions (org_id, entry_point_id, section, inbox_id, sla_minutes_text, sla_seconds)
    VALUES (${orgId}, ${special}, 'sms', ${returns}, '2', 120)`.execute(base.db)
  const { entryPoints, table, settings } = await read(plain, special)
  expect([...entryPoints.keys()].sort()).toEqual([plain, special].sort())
  expect([...table.defaults]).toEqual([["sms", { inboxId: support, slaSeconds: null }]])
  expect([...table.exceptions]).toEqual([[special, { inboxId: returns, slaSeconds: 120 }]])
  expect(new Map(table.inboxes)).toEqual(both())
  expect(settings).toEqual(defaultWorkflowSettings)
})

test("each section has its own default", async () => {
  const [sms, mail] = [await entryPoint("sms"), await entryPoint("email")]
  await sql`
    INSERT INTO channel_routings (org_id, section, default_inbox_id, default_sla_minutes_text, default_sla_seconds)
    VALUES (${orgId}, 'email', ${returns}, '5', 300)`.execute(base.db)
  const { table } = await read(sms, mail)
  expect(new Map(table.defaults)).toEqual(
    new Map([
      ["sms", { inboxId: support, slaSeconds: null }],
      ["email", { inboxId: returns, slaSeconds: 300 }],
    ]),
  )
  expect(new Map(table.inboxes)).toEqual(both())
})

test("an organization that has no Inbox yet leads nowhere", async () => {
  await sql`UPDATE organizations SET fallback_inbox_id = NULL WHERE id = ${orgId}`.execute(base.db)
  const { table } = await read(await entryPoint("sms"))
  expect([table.defaults.size, table.exceptions.size, table.inboxes.size]).toEqual([0, 0, 0])
})

test("Conversation Workflow is what is saved now, also when it is again what it was", async () => {
  const sms = await entryPoint("sms")
  for (const routingDelaySeconds of [7, 8, 7]) {
    const { messaging } = defaultWorkflowSettings
    const settings = { ...defaultWorkflowSettings, messaging: { ...messaging, routingDelaySeconds } }
    await sql`
      INSERT INTO workflow_settings (org_id, settings) VALUES (${orgId}, ${JSON.stringify(settings)}::jsonb)
      ON CONFLICT (org_id) DO UPDATE SET settings = excluded.settings, version = workflow_settings.version + 1`.execute(
      base.db,
    )
    expect((await read(sms)).settings).toEqual(settings)
    expect((await readWorkflowSettings(base.db, orgId)).settings).toEqual(settings)
  }
})
