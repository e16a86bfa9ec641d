import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createHttpClient } from "../../http-client.ts"
import type { CarrierAccount } from "../carrier.ts"
import { twilioCarrier } from "./carrier.ts"

const description = join(process.env.CORPUS_DIR ?? "../shared/data", "twilio-oai/twilio_api_v2010.json")
const readySeconds = 25

describe.skipIf(!existsSync(description))("our requests against the company's own OpenAPI description", () => {
  let prism: ChildProcess
  let printed = ""
  let account: CarrierAccount
  const carrier = twilioCarrier(createHttpClient({ outboundAllow: [] }))

  beforeAll(async () => {
    const port = await freePort()
    const file = join(import.meta.dirname, "../../../node_modules/@stoplight/prism-cli/dist/index.js")
    prism = spawn(process.execPath, [file, "mock", "-h", "127.0.0.1", "-p", String(port), description])
    for (const stream of [prism.stdout, prism.stderr]) stream?.on("data", (chunk) => (printed += chunk))
    for (let n = 0; n < readySeconds * 10 && !printed.includes("Prism is listening"); n++) await sleep(100)
    account = {
      orgId: "o",
      id: "a",
      carrier: "twilio",
      accountSid: "AC00000000000000000000000000000042",
      authToken: "x",
      baseUrl: `http://127.0.0.1:${port}`,
      ownFarEnd: true,
    }
  })
  afterAll(() => {
    prism.kill()
  })

  test("every request of text messages and numbers is one that the company takes", async () => {
    const { messages, numbers } = carrier
    const sms = {
      deliveryId: "d",
      from: "+13125550142",
      to: "+12125550123",
      text: "Grüße 👋",
      // The checker reads no repeated names of a form; the company's own client shows those in outbound.test.ts.
      mediaUrls: [],
      statusUrl: "https://desk.example/hooks/twilio/a/message-statuses?delivery=d",
    }
    const sid = "0123456789abcdef0123456789abcdef"
    const hooks = {
      messages: "https://desk.example/m",
      fallback: "https://desk.example/f",
      statuses: "https://desk.example/s",
    }
    expect(await carrier.check(account)).toMatchObject({ ok: true })
    expect(await numbers?.list(account)).toMatchObject({ ok: true })
    expect(await numbers?.find("+13125550142", account)).toMatchObject({ ok: true })
    expect(await numbers?.setHooks(`PN${sid}`, hooks, account)).toMatchObject({ ok: true })
    expect(await messages?.send(sms, account)).toMatchObject({ ok: true })
    expect(
      await messages?.list({ since: new Date(0), to: "+12125550123", from: "+13125550142" }, account),
    ).toMatchObject({ ok: true })
    expect(await messages?.listMedia(`MM${sid}`, account)).toMatchObject({ ok: true })
    expect(printed.match(/The request passed the validation rules/g)?.length).toBeGreaterThanOrEqual(7)
    expect(printed).not.toMatch(/Request did not pass the validation/)
  })

  test("what it does not take is seen", async () => {
    const sent = await carrier.messages?.send(
      { deliveryId: "d", from: "x", to: "+12125550123", text: "x", mediaUrls: [], statusUrl: "no address" },
      { ...account, accountSid: "nobody" },
    )
    expect(sent).toMatchObject({ ok: false })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
