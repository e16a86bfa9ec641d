import { afterAll, beforeAll, expect, test } from "vitest"
import { type SmsRig, smsRig } from "../../channels/sms/test-rig.ts"
import { carrierConformance, type CarrierWorld } from "../conformance.ts"
import { signForm } from "../twilio/signature.ts"

let rig: SmsRig
let world: CarrierWorld
const ours = "+14155551243"

beforeAll(async () => {
  rig = await smsRig()
  await rig.addNumber(ours)
  const found = await rig.accounts.get(rig.orgId, rig.accountId)
  if (!found) throw new Error("no account")
  const { account, carrier } = found
  world = {
    account,
    carrier,
    ours,
    inboundHook(text) {
      const url = `https://desk.example/hooks/twilio/${account.id}/messages`
      const params = { MessageSid: "SM1", From: "+12125550177", To: ours, Body: text }
      return {
        urls: [url],
        contentType: "application/x-www-form-urlencoded",
        signature: signForm(url, params, account.authToken),
        body: Buffer.from(new URLSearchParams(params).toString()),
      }
    },
    async arrivals(to, text) {
      const got = await rig.farEnd.list(rig.orgId, { address: to, limit: 50, waitSeconds: 2 })
      return got.filter((one) => one.text === text).length
    },
  }
})
afterAll(() => rig.close())

carrierConformance("sandbox", () => world)

test("S28 the sandbox's account owns at least 20 numbers to adopt; any valid one may be named, each by one organization", async () => {
  const { items } = (await rig.call("GET", `/carrier-accounts/${rig.accountId}/numbers`)).body
  const free = items.filter((one: { adopted: boolean }) => !one.adopted)
  expect(free.length).toBeGreaterThanOrEqual(20)
  expect(items.find((one: { e164: string }) => one.e164 === ours)).toEqual({
    e164: ours,
    adopted: true,
    capabilities: { voice: true, sms: true, mms: true },
  })
  const mute = free.find((one: { capabilities: { sms: boolean } }) => !one.capabilities.sms)
  const number = await rig.call("POST", "/phone-numbers", { carrierAccountId: rig.accountId, e164: mute.e164 })
  expect(number.body).toMatchObject({
    origin: "adopted",
    sms: "inactive",
    compliance: { status: "approved" },
    capabilities: { sms: false },
  })
  expect((await rig.call("PUT", `/phone-numbers/${number.body.id}/sms-activation`)).body.code).toBe(
    "capability_missing",
  )
})

test("latency and faults are set and cleared, and what was asked stands in the log", async () => {
  const set = await rig.call("PATCH", "/sandbox/carrier", {
    latencyMs: 1,
    failNext: { operation: "send", count: 2, code: 503 },
    decideAfterSeconds: 5,
  })
  expect(set.body).toMatchObject({
    latencyMs: 1,
    failNext: { operation: "send", count: 2, code: 503 },
    decideAfterSeconds: 5,
    loseNextAnswer: false,
  })
  const sms = {
    deliveryId: "none",
    from: ours,
    to: "+12125550178",
    text: "x",
    mediaUrls: [],
    statusUrl: "https://desk.example/s",
  }
  expect(await world.carrier.messages?.send(sms, world.account)).toMatchObject({ ok: false, retryable: true })
  expect((await rig.call("GET", "/sandbox/carrier")).body.failNext.count).toBe(1)
  expect((await rig.call("PATCH", "/sandbox/carrier", { failNext: null, latencyMs: 0 })).body.failNext).toBeNull()
  const sent = await world.carrier.messages?.send(sms, world.account)
  expect(sent).toMatchObject({ ok: true })
  expect((await rig.call("GET", "/sandbox/carrier")).body.log.at(-1)).toMatchObject({ operation: "send" })
  expect((await rig.call("PATCH", "/sandbox/carrier", { failNext: { operation: "dance" } })).status).toBe(422)
})
