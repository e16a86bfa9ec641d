import { lookup as dnsLookup } from "node:dns"
import { request as httpRequest, type IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net"

/** A call to an address that somebody typed, or that a stranger's message names. */
export type OutboundRequest = {
  url: string
  method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD"
  headers?: Readonly<Record<string, string>>
  body?: string | Buffer
  /** From the first byte sent to the last byte read, redirects included. */
  timeoutMs?: number
  answerBytesMax?: number
  /** 0 where a redirect is an error. Only GET and HEAD follow. */
  redirectsMax?: number
  /** Further addresses for this call alone, such as the program's own imitation of a carrier. */
  alsoAllow?: readonly string[]
  /** Refuses a URL, the first or a redirect's, before anything is resolved. */
  mayVisit?: (url: URL) => boolean
}

export type OutboundAnswer = {
  status: number
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** After redirects. */
  url: string
}

/** `refused`: by us, nothing was sent. `unsent`: no connection. `unanswered`: sent, and what came of it is not known. */
export type OutboundErrorKind = "refused" | "unsent" | "unanswered" | "too_large"

export class OutboundError extends Error {
  readonly kind: OutboundErrorKind
  constructor(kind: OutboundErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "OutboundError"
    this.kind = kind
  }
}

/** The only door to the outside for addresses that are not our own configuration (reliability 37). */
export interface HttpClient {
  /** Any status is an answer; throws `OutboundError`. Authorization and cookies do not follow a redirect to another origin. */
  send(request: OutboundRequest): Promise<OutboundAnswer>
  /** Whether `url` could be called now; for checking a setting before it is stored. */
  allows(url: string, alsoAllow?: readonly string[]): Promise<boolean>
}

export type Resolve = (host: string) => Promise<readonly string[]>

const timeoutMsDefault = 10_000
const answerBytesMaxDefault = 5 * 1024 * 1024

export function createHttpClient(settings: { outboundAllow: readonly string[]; resolve?: Resolve }): HttpClient {
  const allowed = settings.outboundAllow.map(readEntry)
  const resolve = settings.resolve ?? systemResolve

  async function send(request: OutboundRequest): Promise<OutboundAnswer> {
    const deadline = performance.now() + (request.timeoutMs ?? timeoutMsDefault)
    let url = readUrl(request.url)
    let headers = { ...request.headers }
    const method = request.method ?? "GET"
    for (let hop = 0; ; hop++) {
      const answer = await sendOnce({ ...request, method, headers }, url, deadline)
      const location = answer.headers.location
      const follows = answer.status >= 301 && answer.status <= 308 && location !== undefined && answer.status !== 304
      if (!follows || (method !== "GET" && method !== "HEAD")) return answer
      if (hop >= (request.redirectsMax ?? 0)) throw new OutboundError("refused", "redirected too often")
      const next = readUrl(new URL(location, url).href)
      if (next.origin !== url.origin) headers = withoutCredentials(headers)
      url = next
    }
  }

  async function sendOnce(request: OutboundRequest, url: URL, deadline: number): Promise<OutboundAnswer> {
    if (request.mayVisit && !request.mayVisit(url))
      throw new OutboundError("refused", `${url.host} is not expected here`)
    const address = await within(deadline, addressOf(url, request.alsoAllow), "unsent")
    return exchange(request, url, address, deadline)
  }

  /** The checked address is the one that is connected to, so that a second answer of the resolver changes nothing. */
  async function addressOf(url: URL, alsoAllow: readonly string[] = []): Promise<string> {
    const host = url.hostname.replace(/^\[|\]$/g, "")
    const entries = alsoAllow.length > 0 ? [...allowed, ...alsoAllow.map(readEntry)] : allowed
    const addresses = isIP(host) ? [host] : await resolve(host).catch(unresolved(host))
    const open = addresses.find(
      (address) => isPublicAddress(address) || entries.some((entry) => entry(host, address, portOf(url))),
    )
    if (open === undefined)
      throw new OutboundError("refused", `${url.host} is a private address; OUTBOUND_ALLOW may list it`)
    return open
  }

  return {
    send,
    async allows(text, alsoAllow) {
      try {
        await addressOf(readUrl(text), alsoAllow)
        return true
      } catch (error) {
        // A name that does not resolve now is judged again when it is called.
        return error instanceof OutboundError && error.kind === "unsent"
      }
    },
  }
}

function exchange(request: OutboundRequest, url: URL, address: string, deadline: number): Promise<OutboundAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>()
  let sent = false
  const fail = (error: Error) =>
    reject(new OutboundError(sent ? "unanswered" : "unsent", error.message, { cause: error }))
  const make = url.protocol === "https:" ? httpsRequest : httpRequest
  const pinned: LookupFunction = (_host, options, done) =>
    options.all
      ? done(null, [{ address, family: isIPv6(address) ? 6 : 4 }])
      : done(null, address, isIPv6(address) ? 6 : 4)
  const outgoing = make(url, {
    method: request.method,
    headers: { "user-agent": "switchboard", ...request.headers, ...lengthOf(request.body) },
    lookup: pinned,
    agent: false,
    signal: AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now()))),
    maxHeaderSize: 16 * 1024,
  })
  const connected = url.protocol === "https:" ? "secureConnect" : "connect"
  outgoing.on("socket", (socket) =>
    socket.once(connected, () => {
      sent = true
    }),
  )
  outgoing.on("error", fail)
  outgoing.on("response", (incoming) =>
    readAnswer(incoming, url, request.answerBytesMax ?? answerBytesMaxDefault).then(resolve, (error) => {
      outgoing.destroy()
      if (error instanceof OutboundError) reject(error)
      else fail(error)
    }),
  )
  outgoing.end(request.body)
  return promise
}

async function readAnswer(incoming: IncomingMessage, url: URL, bytesMax: number): Promise<OutboundAnswer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > bytesMax) throw new OutboundError("too_large", `the answer is larger than ${bytesMax} bytes`)
    parts.push(part)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "")
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(parts), url: url.href }
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new OutboundError("refused", "only http and https are called")
  return url
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port)
}

function lengthOf(body: string | Buffer | undefined): Record<string, string> {
  return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)),
  )
}

async function within<T>(deadline: number, work: Promise<T>, kind: OutboundErrorKind): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OutboundError(kind, "timed out")), Math.max(1, deadline - performance.now()))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function systemResolve(host: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  dnsLookup(host, { all: true }, (error, found) => (error ? reject(error) : resolve(found.map((one) => one.address))))
  return promise
}

function unresolved(host: string): (error: unknown) => never {
  return (error) => {
    throw new OutboundError("unsent", `${host} cannot be resolved`, { cause: error })
  }
}

type Entry = (host: string, address: string, port: number) => boolean

/** `host`, `host:port`, `[v6]:port`, an address or a CIDR; an entry with a port allows that port only. */
function readEntry(text: string): Entry {
  const cidr = /^(.+)\/(\d{1,3})$/.exec(text)
  if (cidr?.[1] && cidr[2]) {
    const list = new BlockList()
    list.addSubnet(cidr[1], Number(cidr[2]), familyOf(cidr[1]))
    return (_host, address) => list.check(address, familyOf(address))
  }
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text)
  const plain = bracketed ?? (isIPv6(text) ? [text, text, undefined] : /^([^:]+)(?::(\d+))?$/.exec(text))
  const name = plain?.[1]?.toLowerCase() ?? text
  const port = plain?.[2]
  return (host, address, askedPort) =>
    (host.toLowerCase() === name || address === name) && (port === undefined || Number(port) === askedPort)
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4"
}

/** IANA's special-purpose registries (RFC 6890), multicast and what is reserved. */
const notPublic = new BlockList()
for (const range of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]) {
  const [address = "", prefix = ""] = range.split("/")
  notPublic.addSubnet(address, Number(prefix), familyOf(address))
}

/** Also looks into the forms of IPv6 that carry an IPv4 address: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !notPublic.check(address, "ipv4")
  const groups = groupsOf(address)
  const last = ipv4Of(groups[6] ?? 0, groups[7] ?? 0)
  const zeros = groups.slice(0, 5).every((group) => group === 0)
  if (zeros && (groups[5] === 0xffff || groups[5] === 0))
    return !notPublic.check(address, "ipv6") && isPublicAddress(last)
  if (groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0))
    return isPublicAddress(last)
  if (groups[0] === 0x2002) return isPublicAddress(ipv4Of(groups[1] ?? 0, groups[2] ?? 0))
  return !notPublic.check(address, "ipv6")
}

function groupsOf(address: string): number[] {
  // The URL parser writes IPv6 in its shortest form, with an embedded IPv4 as two groups.
  const short = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1)
  const [head = "", tail] = short.split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const missing = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(missing).fill("0"), ...after].map((group) => Number.parseInt(group, 16))
}

function ipv4Of(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
