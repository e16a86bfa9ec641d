import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { type Desk, desk, type Person } from "../../test/desk.ts"
import { newId } from "../ids.ts"

let ground: TestStore
let d: Desk
let ana: Person

beforeAll(async () => {
  ground = await testStore()
  d = await desk(ground)
  ana = await d.person("Ana", ["agent"], [d.generalId])
}, 120_000)

afterAll(async () => {
  await d?.stop()
  await ground?.close()
})

async function number(fields: { type: string; compliance: string; sms?: string }) {
  const entryPointId = await d.world.entryPoint("sms", d.generalId)
  const id = newId()
  const account = newId()
  const { orgId } = d.world
  await sql`INSERT INTO carrier_accounts (org_id, id, carrier, name, account_sid, auth_token, created_at, created_by) VALUES (${orgId}, ${account}, 'twilio', 'x', ${account}, 'x', now(), '{}')`.execute(
    ground.db,
  )
  await sql`
    INSERT INTO phone_numbers (org_id, id, e164, country, type, capabilities, origin, carrier_account_id, sms, compliance_status, created_at)
    VALUES (${orgId}, ${id}, ${`+1415555${Math.floor(1000 + Math.random() * 8999)}`}, 'US', ${fields.type}, '{"sms":true}', 'purchased', ${account}, ${fields.sms ?? "active"}, ${fields.compliance}, now())`.execute(
    ground.db,
  )
  await sql`UPDATE entry_points SET phone_number_id = ${id} WHERE id = ${entryPointId}`.execute(ground.db)
  return { id, entryPointId }
}

async function attempt(entryPointId: string, from: string) {
  const { conversationId } = await d.world.send(entryPointId, "sms", from)
  const sent = await ana.call("POST", `/conversations/${conversationId}/messages`, {
    channel: "sms",
    text: "Hi",
    entryPointId,
  })
  const options = (await ana.call("GET", `/conversations/${conversationId}/reply-options`)).body.items
  return {
    status: sent.status,
    body: sent.body,
    option: options.find((one: { channel: string }) => one.channel === "sms"),
  }
}

test("after STOP nothing is sent from that number, and START is named as the remedy", async () => {
  const { id, entryPointId } = await number({ type: "local", compliance: "approved" })
  expect((await attempt(entryPointId, "+14155550001")).status).toBe(201)
  await sql`INSERT INTO opt_outs (org_id, phone_number_id, customer_address, keyword, since) VALUES (${d.world.orgId}, ${id}, '+14155550002', 'STOP', now())`.execute(
    ground.db,
  )
  const stopped = await attempt(entryPointId, "+14155550002")
  expect(stopped.body).toMatchObject({ status: 409, code: "opted_out", detail: expect.stringContaining("START") })
  expect(stopped.option).toMatchObject({
    allowed: false,
    reason: "opted_out",
    remedy: expect.stringContaining("START"),
  })
})

test("S126 a local number sends nothing before it is registered", async () => {
  const { entryPointId } = await number({ type: "local", compliance: "submitted" })
  const refused = await attempt(entryPointId, "+14155550003")
  expect(refused.body.code).toBe("number_not_registered")
  expect(refused.option).toMatchObject({ allowed: false, reason: "not_registered" })
})

test("S132 a number whose texts are turned off on request sends none", async () => {
  const { entryPointId } = await number({ type: "local", compliance: "approved", sms: "deactivated_on_request" })
  expect((await attempt(entryPointId, "+14155550004")).body.code).toBe("sms_deactivated_on_request")
})

test("S134 an unverified toll-free number sends no more than its daily cap", async () => {
  await d.world.settings((settings) => {
    settings.tollFreeDailyCap = 2
  })
  const { entryPointId } = await number({ type: "toll_free", compliance: "not_submitted" })
  expect((await attempt(entryPointId, "+14155550005")).status).toBe(201)
  expect((await attempt(entryPointId, "+14155550005")).status).toBe(201)
  const third = await attempt(entryPointId, "+14155550005")
  expect(third.body).toMatchObject({ code: "daily_cap_reached", cap: 2, resetsAt: expect.any(String) })
  expect(third.option).toMatchObject({ allowed: false, reason: "cap_reached" })
})
