import { generateKeyPairSync } from "node:crypto"
import { dkimSign } from "mailauth/lib/dkim/sign.js"
import { describe, expect, test } from "vitest"
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

describe("reliability 31 a sender whose domain has no policy", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const key = publicKey.export({ type: "spki", format: "der" }).toString("base64")
  const world = [
    ...records,
    { type: "TXT", name: "shop.example.co.uk", value: "v=spf1 ip4:192.0.2.9 -all" },
    { type: "TXT", name: "bounces.shop.example.co.uk", value: "v=spf1 ip4:192.0.2.9 -all" },
    { type: "TXT", name: "other.co.uk", value: "v=spf1 ip4:192.0.2.9 -all" },
    { type: "TXT", name: "away.example.co.uk", value: "v=spf1 ip4:198.51.100.1 ~all" },
    { type: "TXT", name: "s1._domainkey.shop.example.co.uk", value: `v=DKIM1; k=rsa; p=${key}` },
    { type: "TXT", name: "s1._domainkey.evil.example", value: `v=DKIM1; k=rsa; p=${key}` },
  ]

  const senderOf = async (from: string, { envelopeFrom, signedBy }: { envelopeFrom: string; signedBy?: string }) => {
    const mail = `From: ${from}\r\nSubject: x\r\nDate: Sat, 21 Nov 2026 10:41:00 +0000\r\n\r\nx\r\n`
    const signature = {
      signingDomain: signedBy ?? "",
      selector: "s1",
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
    }
    const { signatures } = signedBy
      ? await dkimSign(mail, { ...signature, signatureData: [signature] })
      : { signatures: "" }
    const envelope = { ip: "192.0.2.9", helo: "mx.evil.example", envelopeFrom }
    return authenticateMail({ kind: "authenticate", raw: Buffer.from(signatures + mail), records: world, ...envelope })
  }

  test("is proved by SPF or DKIM of the own organization", async () => {
    const maya = "Maya <maya@shop.example.co.uk>"
    expect(await senderOf(maya, { envelopeFrom: "maya@shop.example.co.uk" })).toEqual({
      spf: "pass",
      dkim: "none",
      dmarc: "none",
      sender: "pass",
    })
    for (const envelopeFrom of ["b@bounces.shop.example.co.uk", "Maya@SHOP.example.co.uk"])
      expect(await senderOf(maya, { envelopeFrom })).toMatchObject({ sender: "pass" })
    expect(
      await senderOf("maya@news.shop.example.co.uk", {
        envelopeFrom: "eve@nowhere.example",
        signedBy: "shop.example.co.uk",
      }),
    ).toMatchObject({ dkim: "pass", dmarc: "none", sender: "pass" })
  })

  test("is not proved by the SPF and DKIM of another, nor by none", async () => {
    const maya = "Maya <maya@shop.example.co.uk>"
    expect(await senderOf(maya, { envelopeFrom: "eve@evil.example", signedBy: "evil.example" })).toEqual({
      spf: "pass",
      dkim: "pass",
      dmarc: "none",
      sender: "none",
    })
    for (const envelopeFrom of ["eve@other.co.uk", "eve@nowhere.example", ""])
      expect(await senderOf(maya, { envelopeFrom })).toMatchObject({ dmarc: "none", sender: "none" })
    expect(await senderOf("maya@away.example.co.uk", { envelopeFrom: "maya@away.example.co.uk" })).toMatchObject({
      spf: "fail",
      sender: "none",
    })
  })

  test("with a policy, the policy decides", async () => {
    expect(await senderOf("maya@bank.example", { envelopeFrom: "eve@evil.example" })).toMatchObject({ sender: "fail" })
    expect(await senderOf("eve@evil.example", { envelopeFrom: "eve@evil.example" })).toMatchObject({ sender: "pass" })
    expect(await senderOf("a@bank.example, b@evil.example", { envelopeFrom: "eve@evil.example" })).toMatchObject({
      sender: "fail",
    })
  })
})
