import { createHash, createHmac } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { type FormParams, signForm, verify } from "./signature.ts"

const token = "0123456789abcdef0123456789abcdef"
const url = "https://desk.example.com/hooks/twilio/1/messages"
const params: FormParams = { MessageSid: "SM1", From: "+14155550100", To: "+14155551243", Body: "It's 5 o'clock" }
const form = (
  signature: string | null,
  change: Partial<{ url: string; params: FormParams | null; body: Buffer }> = {},
) => verify({ url, params, body: Buffer.alloc(0), signature, ...change }, token)

test("reliability 49 a form's signature counts for this URL, these values and this token only", () => {
  const good = signForm(url, params, token)
  expect(form(good)).toBe(true)
  expect(form(null)).toBe(false)
  expect(form("")).toBe(false)
  expect(form(good.toLowerCase())).toBe(false)
  expect(form(signForm(url, params, "another token"))).toBe(false)
  expect(form(good, { params: { ...params, Body: "It's 6 o'clock" } })).toBe(false)
  expect(form(good, { params: { ...params, Extra: "" } })).toBe(false)
  expect(form(good, { url: url.replace("desk", "evil") })).toBe(false)
  expect(form(good, { url: url.replace("https", "http") })).toBe(false)
})

test("reliability 49 the port may be there or not, the order of parameters does not matter", () => {
  expect(form(signForm(url.replace(".com/", ".com:443/"), params, token))).toBe(true)
  expect(form(signForm(url, params, token), { url: url.replace(".com/", ".com:8443/") })).toBe(true)
  expect(form(signForm(url, Object.fromEntries(Object.entries(params).toReversed()), token))).toBe(true)
  expect(
    form(signForm(url, { ...params, Tag: ["b", "a", "b"] }, token), { params: { ...params, Tag: ["a", "b"] } }),
  ).toBe(true)
})

test("reliability 49 a JSON body is bound by its hash in the URL", () => {
  const body = Buffer.from('{"MessageSid":"SM1","Body":"😀"}')
  const signed = `${url}?bodySHA256=${createHash("sha256").update(body).digest("hex")}`
  const signature = createHmac("sha1", token).update(signed).digest("base64")
  expect(verify({ url: signed, params: null, body, signature }, token)).toBe(true)
  expect(verify({ url: signed, params: null, body: Buffer.from('{"MessageSid":"SM2"}'), signature }, token)).toBe(false)
  const bare = createHmac("sha1", token).update(url).digest("base64")
  expect(verify({ url, params: null, body, signature: bare }, token)).toBe(false)
})

const corpus = join(process.env.CORPUS_DIR ?? "../shared/data", "twilio-signature-vectors/vectors.json")
type Vector = {
  id: string
  auth_token: string
  url: string
  params: FormParams | null
  raw_body: string | null
  signature: string | null
  expect_valid: boolean
}

test.skipIf(!existsSync(corpus))("reliability 49 all 32 recorded vectors come out as told", () => {
  const vectors = JSON.parse(readFileSync(corpus, "utf8")) as Vector[]
  const wrong = vectors.filter((vector) => {
    const isJson = vector.raw_body !== null
    const request = {
      url: vector.url,
      params: isJson ? null : vector.params,
      body: Buffer.from(vector.raw_body ?? ""),
      signature: vector.signature,
    }
    return verify(request, vector.auth_token) !== vector.expect_valid
  })
  expect(vectors).toHaveLength(32)
  expect(wrong.map((vector) => vector.id)).toEqual([])
})
