import fastify from "fastify"
import { afterAll, beforeAll, expect, test } from "vitest"
import { signForm } from "../carriers/twilio/signature.ts"
import { publicUrl, type SmsRig, smsRig } from "../channels/sms/test-rig.ts"
import { hooksTwilio } from "./hooks-twilio.ts"
import { sendProblem, toProblem } from "./problem-answer.ts"

let rig: SmsRig
const ours = "+14155551243"

beforeAll(async () => {
  rig = await smsRig()
  await rig.addNumber(ours)
})
afterAll(() => rig.close())

/** The hooks alone, behind what TRUST_PROXY says. */
async function post(
  trustProxy: boolean,
  signedUrl: string,
  headers: Record<string, string>,
  sid: string,
): Promise<number> {
  const app = fastify({ trustProxy })
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error, request)))
  const intake = {
    accept: async () => ({
      inboundEventId: sid,
      duplicate: false,
      parked: false,
      messageId: null,
      contactId: null,
      conversationId: null,
      customerId: null,
      resolution: null,
      dueAt: null,
    }),
  }
  const numbers = {
    find: async () => ({ phoneNumberId: "p", entryPointId: "e", e164: ours, carrierAccountId: rig.accountId }),
    forget: () => {},
    drop: () => {},
    wasDropped: () => false,
  }
  const { store } = rig.stored
  hooksTwilio({
    inbound: { store, intake, numbers, blobs: rig.blobs },
    statuses: {
      store,
      updateDelivery: async () => true,
      failureOf: () => ({ code: "x", text: "x", retryable: false }),
    },
    accounts: rig.accounts,
    blobs: rig.blobs,
    fileLinks: { urlOf: () => "", accepts: () => false },
    config: { publicUrl, trustProxy },
    log: { info: () => {} },
  })(app)
  const found = await rig.accounts.find(rig.accountId)
  const params = { MessageSid: sid, From: "+14155550100", To: ours, Body: "Hi" }
  const answer = await app.inject({
    method: "POST",
    url: `/hooks/twilio/${rig.accountId}/messages`,
    payload: new URLSearchParams(params).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": signForm(signedUrl, params, found?.account.authToken ?? ""),
      ...headers,
    },
  })
  await app.close()
  return answer.statusCode
}

test("reliability 49 what is signed is the public address; forwarded headers count only from a trusted proxy", async () => {
  const path = `/hooks/twilio/${rig.accountId}/messages`
  const forwarded = { "x-forwarded-host": "edge.example", "x-forwarded-proto": "https" }
  expect(await post(false, publicUrl + path, {}, "SM1")).toBe(200)
  expect(await post(false, publicUrl + path, forwarded, "SM2")).toBe(200)
  expect(await post(false, `https://edge.example${path}`, forwarded, "SM3")).toBe(403)
  expect(await post(true, `https://edge.example${path}`, forwarded, "SM4")).toBe(200)
  expect(await post(true, `https://evil.example${path}`, forwarded, "SM5")).toBe(403)
})

test("reliability 40 a carrier fetches a file of ours only by the address that it was given", async () => {
  const root = `${rig.url}/hooks/twilio/${rig.accountId}/files/01a1fdcd-24f0-70ec-a19f-299b4b050443/a.png`
  for (const query of [
    "",
    "?expires=9999999999&signature=x",
    `?expires=${Math.floor(Date.now() / 1000) + 60}&signature=${"A".repeat(43)}`,
  ]) {
    const answer = await fetch(root + query)
    expect([query, answer.status]).toEqual([query, 404])
  }
})

test("reliability 57 a form larger than a carrier ever sends is not read", async () => {
  const answer = await fetch(`${rig.url}/hooks/twilio/${rig.accountId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "x" },
    body: "a".repeat(131_073),
  })
  expect(answer.status).toBe(413)
})
