import { expect, test } from "vitest"
import type { Carrier, CarrierAccount, HookRequest } from "./carrier.ts"

/** What a carrier's suite hands in: a company that answers, and somebody who plays its customers. */
export type CarrierWorld = {
  carrier: Carrier
  account: CarrierAccount
  /** A number that the account owns and that sends text messages. */
  ours: string
  /** What the company posts when a customer writes. */
  inboundHook(text: string): HookRequest
  /** Waits for the text to arrive at the customer; answers how often it did. */
  arrivals(to: string, text: string): Promise<number>
}

const customer = "+12125550177"

/** The one suite that every carrier passes. */
export function carrierConformance(name: string, world: () => CarrierWorld): void {
  test(`${name}: good credentials are taken, wrong ones refused`, async () => {
    const { carrier, account } = world()
    expect(await carrier.check(account)).toMatchObject({ ok: true })
    expect(await carrier.check({ ...account, authToken: "wrong" })).toMatchObject({ ok: false, kind: "refused" })
    expect(await carrier.check({ ...account, baseUrl: "http://127.0.0.1:1", ownFarEnd: true })).toMatchObject({
      ok: false,
      kind: "unreachable",
    })
  })

  test(`${name}: the account's numbers are listed, found, and report to us`, async () => {
    const { carrier, account, ours } = world()
    const listed = await carrier.numbers?.list(account)
    expect(listed?.ok && listed.value.some((one) => one.e164 === ours && one.capabilities.sms)).toBe(true)
    const found = await carrier.numbers?.find(ours, account)
    if (!found?.ok || !found.value) throw new Error("not found")
    const hooks = {
      messages: "https://desk.example/m",
      fallback: "https://desk.example/f",
      statuses: "https://desk.example/s",
    }
    expect(await carrier.numbers?.setHooks(found.value.externalId, hooks, account)).toMatchObject({ ok: true })
    expect(await carrier.numbers?.find("+12125550000", account)).not.toMatchObject({ ok: false })
  })

  test(`${name}: a request is read only with its signature`, () => {
    const { carrier, account } = world()
    const hook = world().inboundHook("Hello 👋")
    expect(carrier.messages?.readMessage(hook, account)).toMatchObject({ ok: true, message: { text: "Hello 👋" } })
    expect(carrier.messages?.readMessage({ ...hook, signature: "x" }, account)).toEqual({
      ok: false,
      problem: "signature_invalid",
    })
    expect(carrier.messages?.readStatus({ ...hook, body: Buffer.alloc(0) }, account)).toEqual({
      ok: false,
      problem: "signature_invalid",
    })
  })

  test(`${name}: a text is sent once and stands in the list; a refusal says why and is not tried again`, async () => {
    const { carrier, account, ours, arrivals } = world()
    const text = `Conformance ${account.id}`
    const sms = {
      deliveryId: "none",
      from: ours,
      to: customer,
      text,
      mediaUrls: [],
      statusUrl: "https://desk.example/s",
    }
    const sent = await carrier.messages?.send(sms, account)
    expect(sent).toMatchObject({ ok: true, externalId: expect.any(String) })
    expect(await arrivals(customer, text)).toBe(1)
    const listed = await carrier.messages?.list({ since: new Date(0), to: customer }, account)
    expect(listed?.ok && listed.value.filter((one) => one.text === text).map((one) => one.direction)).toEqual([
      "outbound",
    ])
    expect(await carrier.messages?.send({ ...sms, to: "nonsense" }, account)).toMatchObject({
      ok: false,
      retryable: false,
      code: "address_invalid",
    })
    expect(await carrier.messages?.send(sms, { ...account, authToken: "wrong" })).toMatchObject({
      ok: false,
      retryable: false,
      code: "credentials_refused",
    })
    expect(
      await carrier.messages?.send(sms, { ...account, baseUrl: "http://127.0.0.1:1", ownFarEnd: true }),
    ).toMatchObject({ ok: false, retryable: true, code: "carrier_unreachable" })
  })
}
