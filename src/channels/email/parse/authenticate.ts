import { Resolver } from "node:dns/promises"
import { authenticate } from "mailauth"
import { addressParser } from "postal-mime"
import type { AuthenticateJob, DnsRecord } from "./pool.ts"
import { cleanAddress } from "./read-mail.ts"

type Verdict = "pass" | "fail" | "none" | "error"
export type Verdicts = { spf: Verdict; dkim: Verdict; dmarc: Verdict }

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
  return {
    spf: verdict(found.spf ? found.spf.status.result : "none"),
    dkim: dkim.includes("pass")
      ? "pass"
      : dkim.includes("temperror")
        ? "error"
        : dkim.some((one) => one !== "none")
          ? "fail"
          : "none",
    dmarc: namesOneDomain(Buffer.from(job.raw)) ? verdict(found.dmarc ? found.dmarc.status.result : "none") : "fail",
  }
}

const headerBytesMax = 1_000_000

/**
 * RFC 7489 6.6.1: a mail whose From is there twice, names two domains or none has no domain that could be asked, and is
 * how a forger gets around the policy of the one that he wears.
 */
function namesOneDomain(raw: Buffer): boolean {
  const head = raw.toString("latin1", 0, headerBytesMax)
  const end = /\r?\n\r?\n/.exec(head)?.index ?? head.length
  const fields = head
    .slice(0, end)
    .split(/\r?\n(?![ \t])/)
    .filter((field) => /^from[ \t]*:/i.test(field))
  if (fields.length > 1) return false
  const from = fields[0]?.slice(fields[0].indexOf(":") + 1) ?? ""
  const addresses = addressParser(from.slice(0, fromLengthMax)).flatMap((one) => one.group ?? [one])
  const domains = new Set(addresses.map(({ address = "" }) => address.split("@").at(-1)?.toLowerCase()))
  // Where no address can be read, the author was taken from the envelope, for which DMARC says nothing.
  return domains.size === 1 && addresses.some(({ address = "" }) => cleanAddress(address) !== null)
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
