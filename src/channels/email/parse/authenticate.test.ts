import { expect, test } from "vitest"
import { authenticateMail } from "./authenticate.ts"

const records = [
  { type: "TXT", name: "evil.example", value: "v=spf1 ip4:192.0.2.9 -all" },
  { type: "TXT", name: "_dmarc.evil.example", value: "v=DMARC1; p=reject" },
  { type: "TXT", name: "_dmarc.bank.example", value: "v=DMARC1; p=reject" },
]

/** What DMARC says of a mail from a machine of evil.example. */
async function dmarcOf(header: string): Promise<string> {
  const raw = Buffer.from(`${header}\r\nSubject: x\r\n\r\nx\r\n`)
  const envelope = { ip: "192.0.2.9", helo: "evil.example", envelopeFrom: "eve@evil.example" }
  return (await authenticateMail({ kind: "authenticate", raw, records, ...envelope })).dmarc
}

test("reliability 31 who writes as himself passes, who writes as another fails", async () => {
  expect(await dmarcOf("From: Eve <eve@evil.example>")).toBe("pass")
  expect(await dmarcOf("From: eve@evil.example, other@evil.example")).toBe("pass")
  expect(await dmarcOf("From: Maya <maya@bank.example>")).toBe("fail")
})

test.each([
  ["a From of its own for each", "From: maya@bank.example\r\nFrom: eve@evil.example"],
  ["the other way round", "From: eve@evil.example\r\nFROM : maya@bank.example"],
  ["two authors", "From: maya@bank.example, eve@evil.example"],
  ["a group", "From: us: maya@bank.example, eve@evil.example;"],
  ["a quoted name that is an address", 'From: "maya@bank.example"@evil.example'],
  ["nobody", "To: support@retale.example"],
])("reliability 31 a policy is not got around by naming two authors or none: %s", async (_, header) => {
  expect(await dmarcOf(header)).toBe("fail")
})
