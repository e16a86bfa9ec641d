import { Resolver } from "node:dns/promises"
import { domainToASCII } from "node:url"
import { authenticate } from "mailauth"
import { addressParser } from "postal-mime"
import { getDomain } from "tldts"
import type { AuthenticateJob, DnsRecord } from "./jobs.ts"
import { cleanAddress } from "./read-mail.ts"

type Verdict = "pass" | "fail" | "none" | "error"
/** `sender`: whether the domain in From is proved to have sent the mail, by its policy or, where it has none, by alignment. */
export type Verdicts = { spf: Verdict; dkim: Verdict; dmarc: Verdict; sender: Verdict }

type Found = Awaited<ReturnType<typeof authenticate>>

const signaturesMax = 10
const dnsTimeoutMs = 1_000

/** SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of one mail. Runs in the child: a resolver may never answer. */
export async function authenticateMail(job: AuthenticateJob): Promise<Verdicts> {
  const found = await authenticate(limitSignatures(Buffer.from(job.raw)), {
    ip: job.ip,
    helo: job.helo,
    sender: job.envelopeFrom,
    mta: "switchboard",
    resolver: job.records ? recordedResolver(job.records) : networkResolver(),
    disableArc: true,
    disableBimi: true,
  })
  const dkim = found.dkim?.results.map((result) => result.status.result) ?? []
  const author = authorDomain(Buffer.from(job.raw))
  const dmarc = author === null ? "fail" : verdict(found.dmarc ? found.dmarc.status.result : "none")
  return {
    spf: verdict(found.spf ? found.spf.status.result : "none"),
    dkim: dkim.includes("pass")
      ? "pass"
      : dkim.includes("temperror")
        ? "error"
        : dkim.some((one) => one !== "none")
          ? "fail"
          : "none",
    dmarc,
    sender: author === null || dmarc === "pass" || dmarc === "fail" ? dmarc : alignment(found, author, dmarc),
  }
}

/**
 * Most domains have no policy. What a DMARC check would compare bears them out all the same: SPF or DKIM passes, for the
 * organizational domain of the author (RFC 7489 3.1). A domain of the mail's own making proves nothing of another.
 */
function alignment(found: Found, author: string, dmarc: Verdict): Verdict {
  const checks = [
    ...(found.spf ? [{ domain: found.spf.domain, result: found.spf.status.result }] : []),
    ...(found.dkim?.results ?? []).map((one) => ({ domain: one.signingDomain, result: one.status.result })),
  ]
  const aligned = checks.filter(({ domain }) => domain && organization(domain) === organization(author))
  const results = aligned.map(({ result }) => verdict(result))
  if (results.includes("pass")) return "pass"
  return dmarc === "error" || results.includes("error") ? "error" : "none"
}

/** What its owner registered; under `github.io` and the like each name has another owner. */
function organization(domain: string): string {
  const name = domainToASCII(domain.replace(/\.$/, "")) || domain
  return getDomain(name, { allowPrivateDomains: true }) ?? name
}

const headerBytesMax = 1_000_000

/**
 * The domain in From. RFC 7489 6.6.1: a mail whose From is there twice, names two domains or none has no domain that could be asked, and is
 * how a forger gets around the policy of the one that he wears.
 */
function authorDomain(raw: Buffer): string | null {
  const head = raw.toString("latin1", 0, headerBytesMax)
  const end = /\r?\n\r?\n/.exec(head)?.index ?? head.length
  const fields = head
    .slice(0, end)
    .split(/\r?\n(?![ \t])/)
    .filter((field) => /^from[ \t]*:/i.test(field))
  if (fields.length > 1) return null
  const from = fields[0]?.slice(fields[0].indexOf(":") + 1) ?? ""
  const addresses = addressParser(from.slice(0, fromLengthMax)).flatMap((one) => one.group ?? [one])
  const domains = new Set(addresses.map(({ address = "" }) => address.split("@").at(-1)?.toLowerCase()))
  // Where no address can be read, the author was taken from the envelope, for which DMARC says nothing.
  const [domain] = domains
  const isReadable = addresses.some(({ address = "" }) => cleanAddress(address) !== null)
  return domains.size === 1 && isReadable ? (domain ?? null) : null
}

const fromLengthMax = 20_000

function verdict(result: string): Verdict {
  if (result === "pass") return "pass"
  if (result === "fail" || result === "softfail" || result === "policy") return "fail"
  return result === "temperror" || result === "permerror" || result === "temperr" ? "error" : "none"
}

/** A mail with hundreds of signatures would have each of them verified. */
function limitSignatures(raw: Buffer): Buffer {
  const head = raw.toString("latin1", 0, headerBytesMax)
  const end = head.indexOf("\r\n\r\n")
  if (end < 0) return raw
  let seen = 0
  const kept = head
    .slice(0, end)
    .split(/\r\n(?![ \t])/)
    .filter((field) => !/^dkim-signature\s*:/i.test(field) || ++seen <= signaturesMax)
  return seen <= signaturesMax ? raw : Buffer.concat([Buffer.from(kept.join("\r\n"), "latin1"), raw.subarray(end)])
}

type Resolve = (name: string, type: string) => Promise<string[][] | string[]>

/** Names that a test told: nothing else exists. */
export function recordedResolver(records: readonly DnsRecord[]): Resolve {
  return async (name, type) => {
    const asked = name.toLowerCase().replace(/\.$/, "")
    const values = records
      .filter(
        (record) =>
          record.name.toLowerCase().replace(/\.$/, "") === asked && record.type.toUpperCase() === type.toUpperCase(),
      )
      .map((record) => record.value)
    if (values.length === 0) throw Object.assign(new Error(`queryTxt ENOTFOUND ${name}`), { code: "ENOTFOUND" })
    return type.toUpperCase() === "TXT" ? values.map((value) => [value]) : values
  }
}

function networkResolver(): Resolve {
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: 2 })
  return async (name, type) => (await resolver.resolve(name, type)) as string[][] | string[]
}
