import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createHttpClient } from "../../http-client.ts"
import type { CarrierAccount, HookRequest } from "../carrier.ts"
import { twilioMessages } from "./messages.ts"
import { signForm } from "./signature.ts"
import { failureOfCode, statusOf } from "./statuses.ts"

type Case = { about: string; query?: string; params: Record<string, string>; message?: object; status?: object }

const folder = join(import.meta.dirname, "cases")
const cases = readdirSync(folder).map((name) => ({
  name,
  ...(JSON.parse(readFileSync(join(folder, name), "utf8")) as Case),
}))
const messages = twilioMessages(createHttpClient({ outboundAllow: [] }))
const account: CarrierAccount = {
  orgId: "o",
  id: "a",
  carrier: "twilio",
  accountSid: "AC1",
  authToken: "0123456789abcdef",
  baseUrl: "https://api.twilio.com",
  ownFarEnd: false,
}

function hook({ params, query = "" }: Case, change: Partial<HookRequest> = {}): HookRequest {
  const url = `https://desk.example/hooks/twilio/a/x${query}`
  return {
    urls: [url],
    contentType: "application/x-www-form-urlencoded; charset=utf-8",
    signature: signForm(url, params, account.authToken),
    body: Buffer.from(new URLSearchParams(params).toString()),
    ...change,
  }
}

test.each(cases)("recorded request $name is read as told", (one) => {
  if (one.message) expect(messages.readMessage(hook(one), account)).toEqual({ ok: true, message: one.message })
  if (one.status) expect(messages.readStatus(hook(one), account)).toEqual({ ok: true, status: one.status })
})

test.each(cases)("reliability 49 recorded request $name with one byte changed is refused", (one) => {
  const request = hook(one)
  const body = Buffer.from(request.body)
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
  const read = one.message ? messages.readMessage : messages.readStatus
  expect(read({ ...request, body }, account)).toEqual({ ok: false, problem: "signature_invalid" })
  expect(read({ ...request, signature: undefined }, account)).toEqual({ ok: false, problem: "signature_invalid" })
  expect(read(request, { ...account, authToken: "another" })).toEqual({ ok: false, problem: "signature_invalid" })
})

test("reliability 49 a signed request with a boundary shifted, which has the same signature, is no message of its own", () => {
  const id = `SM${"1".repeat(32)}`
  const params = { From: "+14155550100", MessageSid: id, NumMedia: "0", To: "+14155551243" }
  const { NumMedia: _, ...shifted } = { ...params, MessageSid: `${id}NumMedia0` }
  const signature = signForm("https://desk.example/hooks/twilio/a/x", params, account.authToken)
  expect(signForm("https://desk.example/hooks/twilio/a/x", shifted, account.authToken)).toBe(signature)
  const read = (given: Record<string, string>) => messages.readMessage(hook({ about: "", params: given }), account)
  expect(read(params)).toMatchObject({ ok: true, message: { externalId: id } })
  expect(read(shifted)).toEqual({ ok: false, problem: "unreadable" })
})

test("reliability 57 the largest form that nobody signed, of one name again and again, is refused in no time", () => {
  const request = hook({ about: "", params: {} }, { body: Buffer.from("a&".repeat(65_536)) })
  const began = performance.now()
  expect(messages.readMessage(request, account)).toEqual({ ok: false, problem: "signature_invalid" })
  // It took minutes, in which nobody was served.
  expect(performance.now() - began).toBeLessThan(5_000)
})

test("their words of a state become ours, and their errors what an agent understands", () => {
  expect(
    ["accepted", "queued", "sending", "sent", "delivered", "read", "undelivered", "failed", "canceled", "new word"].map(
      statusOf,
    ),
  ).toEqual(["queued", "queued", "queued", "sent", "delivered", "read", "failed", "failed", "failed", "queued"])
  expect(failureOfCode("21610")).toMatchObject({ code: "opted_out", retryable: false })
  expect(failureOfCode("99999")).toMatchObject({
    code: "carrier_error",
    text: expect.stringContaining("99999"),
    retryable: false,
  })
  expect(failureOfCode(null)).toMatchObject({ code: "carrier_error" })
})
