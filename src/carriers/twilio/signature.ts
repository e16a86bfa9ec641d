import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/** Parameters of a form body; a name that came more than once has all its values. */
export type FormParams = Readonly<Record<string, string | readonly string[]>>

export type SignedRequest = {
  url: string
  /** Null: the body is no form, so that the URL must carry `bodySHA256`. */
  params: FormParams | null
  body: Buffer
  signature: string | null | undefined
}

/**
 * X-Twilio-Signature: HMAC-SHA1 over the URL and the sorted parameters, keyed with the account's token. Senders and
 * proxies disagree on the port and on the encoding of the query, so that each form of the URL counts.
 */
export function verify(request: SignedRequest, authToken: string): boolean {
  if (!request.signature) return false
  const bodyHash = bodyHashOf(request.url)
  if (bodyHash !== null && !sameText(bodyHash, createHash("sha256").update(request.body).digest("hex"))) return false
  if (bodyHash === null && request.params === null) return false
  const text = bodyHash === null && request.params ? joined(request.params) : ""
  // As written first: the other forms are only tried where a proxy changed it.
  for (const url of formsOf(request.url)) if (sameText(sign(url + text, authToken), request.signature)) return true
  return false
}

/** As the company signs a form that it posts. */
export function signForm(url: string, params: FormParams, authToken: string): string {
  return sign(url + joined(params), authToken)
}

function sign(text: string, authToken: string): string {
  return createHmac("sha1", authToken).update(text, "utf8").digest("base64")
}

/** Names in the order of their bytes; the values of a repeated one once each, sorted. */
function joined(params: FormParams): string {
  return Object.keys(params)
    .toSorted()
    .map((name) => {
      const value = params[name] ?? ""
      return typeof value === "string"
        ? name + value
        : [...new Set(value)]
            .toSorted()
            .map((one) => name + one)
            .join("")
    })
    .join("")
}

/** As written, without its port, with the default one; and each with the query encoded the older way. */
function* formsOf(url: string): Generator<string> {
  yield url
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/s.exec(url)
  if (!parts) return
  const [, scheme, authority = "", rest] = parts
  const host = authority.replace(/:\d+$/, "")
  const withPort = host === authority ? `${host}:${scheme === "https" ? 443 : 80}` : authority
  const forms = [url, `${scheme}://${host}${rest}`, `${scheme}://${withPort}${rest}`]
  yield* new Set(forms.flatMap((form) => [form, withOlderQuery(form)]))
}

/** RFC 3986 reserves ' ( ) ! * where browsers leave them; some hops write them out. */
function withOlderQuery(url: string): string {
  const at = url.indexOf("?")
  if (at < 0) return url
  const encoded = url.slice(at).replace(/['()!*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return url.slice(0, at) + encoded
}

function bodyHashOf(url: string): string | null {
  return /[?&]bodySHA256=([0-9a-f]+)/i.exec(url)?.[1]?.toLowerCase() ?? null
}

function sameText(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}
