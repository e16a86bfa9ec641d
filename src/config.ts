import { isIP, isIPv6 } from "node:net"
import { join, resolve } from "node:path"
import { z } from "zod"
import { type CertificateFiles, certificateMistakes } from "./certificate.ts"

/** The only door to settings: read once at start from the environment, all mistakes named together. */
export type Config = {
  /** 0 takes any free port; `withBoundPorts` then completes what follows from it. */
  port: number
  host: string
  /** Without a slash at the end, as customers and carriers reach us. */
  publicUrl: string
  dataDir: string
  /** Where set, no embedded server is started. */
  databaseUrl?: string
  smtpPort: number
  smtpHost: string
  /** For STARTTLS on incoming mail; without it none is offered. */
  smtpTls?: CertificateFiles
  /** Without it no mail leaves: it goes to the sandbox's far end. */
  smtpRelayUrl?: string
  mailDomain: string
  /** The origin on which the sandbox's pages stand, as a customer's site would: never ours. */
  sandboxOrigin: string
  sandboxPort: number
  setupCode?: string
  operatorToken?: string
  apiAllowedOrigins: string[]
  /** Scales all rate limits; 0 switches them off. */
  rateLimitFactor: number
  testClock: boolean
  secretKey?: string
  blobDir: string
  /** Private addresses that our own client may call: `host`, `host:port` or CIDR. */
  outboundAllow: string[]
  /** As Fastify's `trustProxy`: whether, how many, or which proxies in front of us are believed. */
  trustProxy: boolean | number | string[]
  routingEngine: "fast" | "plain"
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent"
  /** `name=act` of the fault points that a test switches on in a process of its own. */
  faults: string[]
  /** What was set and not derived: a port that is only known after listening changes the rest. */
  derived: { publicUrl: boolean; mailDomain: boolean; sandboxOrigin: boolean }
}

/** Every wrong setting with its key, one line each. */
export class ConfigError extends Error {
  readonly lines: string[]
  constructor(lines: string[]) {
    super(lines.join("\n"))
    this.name = "ConfigError"
    this.lines = lines
  }
}

/** Throws `ConfigError`; empty values count as not set. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  )
  const read = Settings.safeParse(given)
  const wrong = read.success ? [] : read.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`)
  const mistakes = [...wrong, ...sandboxMistakes(given), ...tlsMistakes(given)]
  if (!read.success || mistakes.length > 0) throw new ConfigError(mistakes)
  return complete(read.data)
}

/** The sandbox's page stands on a port of its own. */
function sandboxMistakes({ PORT: portText, SANDBOX_ORIGIN: origin }: Record<string, string | undefined>): string[] {
  if (origin === undefined)
    return portText === String(portMax) ? [`PORT: must be below ${portMax}, or SANDBOX_ORIGIN be set`] : []
  const isSame = isOrigin(origin) && localPortOf(origin) === Number(portText ?? portDefault)
  return isSame ? ["SANDBOX_ORIGIN: must have another port than PORT"] : []
}

/** Both files or none, and they must serve: a listener that cannot do what it offers loses mail. */
function tlsMistakes({ SMTP_TLS_CERT: certFile, SMTP_TLS_KEY: keyFile }: Record<string, string | undefined>): string[] {
  if (certFile === undefined && keyFile === undefined) return []
  if (keyFile === undefined) return ["SMTP_TLS_KEY: must be set together with SMTP_TLS_CERT"]
  if (certFile === undefined) return ["SMTP_TLS_CERT: must be set together with SMTP_TLS_KEY"]
  const { cert, key } = certificateMistakes({ certFile: resolve(certFile), keyFile: resolve(keyFile) })
  return [...(cert ? [`SMTP_TLS_CERT: ${cert}`] : []), ...(key ? [`SMTP_TLS_KEY: ${key}`] : [])]
}

/** What the configuration is once the listeners have their ports (PORT=0). */
export function withBoundPorts(config: Config, bound: { port: number; sandboxPort: number; smtpPort: number }): Config {
  const { derived } = config
  const publicUrl = derived.publicUrl ? `http://localhost:${bound.port}` : config.publicUrl
  return {
    ...config,
    ...bound,
    publicUrl,
    mailDomain: derived.mailDomain ? new URL(publicUrl).hostname : config.mailDomain,
    sandboxOrigin: derived.sandboxOrigin ? `http://localhost:${bound.sandboxPort}` : config.sandboxOrigin,
  }
}

const portMax = 65_535
const portDefault = 8080
const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= portMax, `must be a port, 0 to ${portMax}`)
  .transform(Number)
const flag = z
  .enum(["0", "1", "true", "false"], { error: "must be 1 or 0" })
  .transform((text) => text === "1" || text === "true")
const publicUrl = z
  .string()
  .refine(
    isOrigin,
    "must be an http or https address without a path, a query or a password, such as https://example.com",
  )
const origin = z.string().refine(isOrigin, "must be an origin such as https://example.com").transform(originOf)
const hostName = z.string().refine(isHost, "must be a host name or an IP address")
const secret = (lengthMin: number) => z.string().min(lengthMin, { error: `must have at least ${lengthMin} characters` })

const Settings = z.object({
  PORT: port.default(portDefault),
  HOST: hostName.default("127.0.0.1"),
  PUBLIC_URL: publicUrl.optional(),
  DATA_DIR: z.string().default("./data"),
  DATABASE_URL: z
    .string()
    .refine(isDatabaseUrl, "must be postgresql://user:password@host:port/name; what stands in it is percent-encoded")
    .optional(),
  SMTP_PORT: port.default(2525),
  SMTP_HOST: hostName.optional(),
  SMTP_TLS_CERT: z.string().optional(),
  SMTP_TLS_KEY: z.string().optional(),
  SMTP_RELAY_URL: z.string().refine(isSmtpUrl, "must be smtp:// or smtps:// with a host").optional(),
  MAIL_DOMAIN: z
    .string()
    .toLowerCase()
    .refine((text) => isHost(text) && isIP(text) === 0, "must be a domain name")
    .optional(),
  SANDBOX_ORIGIN: origin.optional(),
  SETUP_CODE: secret(8).optional(),
  OPERATOR_TOKEN: secret(8).optional(),
  API_ALLOWED_ORIGINS: list(origin).default([]),
  RATE_LIMIT_FACTOR: z
    .string()
    .refine((text) => /^\d+(\.\d+)?$/.test(text), "must be a number, 0 or more")
    .transform(Number)
    .default(1),
  TEST_CLOCK: flag.default(false),
  SECRET_KEY: secret(16).optional(),
  BLOB_DIR: z.string().optional(),
  OUTBOUND_ALLOW: list(z.string().refine(isOutboundEntry, "must be a list of host, host:port or CIDR")).default([]),
  TRUST_PROXY: z
    .string()
    .refine(isProxyList, "must be true, false, a number of proxies, or a list of addresses")
    .transform(proxies)
    .default(false),
  ROUTING_ENGINE: z.enum(["fast", "plain"], { error: "must be fast or plain" }).default("fast"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      error: "must be one of trace, debug, info, warn, error, fatal, silent",
    })
    .default("info"),
  FAULTS: list(z.string()).default([]),
})

function complete(set: z.output<typeof Settings>): Config {
  const dataDir = resolve(set.DATA_DIR)
  const publicUrl = set.PUBLIC_URL?.replace(/\/+$/, "") ?? `http://localhost:${set.PORT}`
  const sandboxPort = set.PORT === 0 ? 0 : set.PORT + 1
  return {
    port: set.PORT,
    host: set.HOST,
    publicUrl,
    dataDir,
    ...(set.DATABASE_URL && { databaseUrl: set.DATABASE_URL }),
    smtpPort: set.SMTP_PORT,
    smtpHost: set.SMTP_HOST ?? set.HOST,
    ...(set.SMTP_TLS_CERT &&
      set.SMTP_TLS_KEY && { smtpTls: { certFile: resolve(set.SMTP_TLS_CERT), keyFile: resolve(set.SMTP_TLS_KEY) } }),
    ...(set.SMTP_RELAY_URL && { smtpRelayUrl: set.SMTP_RELAY_URL }),
    mailDomain: set.MAIL_DOMAIN ?? new URL(publicUrl).hostname,
    sandboxOrigin: set.SANDBOX_ORIGIN ?? `http://localhost:${sandboxPort}`,
    sandboxPort: localPortOf(set.SANDBOX_ORIGIN) ?? sandboxPort,
    ...(set.SETUP_CODE && { setupCode: set.SETUP_CODE }),
    ...(set.OPERATOR_TOKEN && { operatorToken: set.OPERATOR_TOKEN }),
    apiAllowedOrigins: set.API_ALLOWED_ORIGINS,
    rateLimitFactor: set.RATE_LIMIT_FACTOR,
    testClock: set.TEST_CLOCK,
    ...(set.SECRET_KEY && { secretKey: set.SECRET_KEY }),
    blobDir: set.BLOB_DIR ? resolve(set.BLOB_DIR) : join(dataDir, "blobs"),
    outboundAllow: set.OUTBOUND_ALLOW,
    trustProxy: set.TRUST_PROXY,
    routingEngine: set.ROUTING_ENGINE,
    logLevel: set.LOG_LEVEL,
    faults: set.FAULTS,
    derived: {
      publicUrl: set.PUBLIC_URL === undefined,
      mailDomain: set.MAIL_DOMAIN === undefined,
      sandboxOrigin: set.SANDBOX_ORIGIN === undefined,
    },
  }
}

/** An origin on this machine says where to listen; one behind a proxy does not. */
function localPortOf(sandboxOrigin: string | undefined): number | undefined {
  if (sandboxOrigin === undefined) return undefined
  const url = new URL(sandboxOrigin)
  const local = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]"
  return local && url.port !== "" ? Number(url.port) : undefined
}

function list<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ""))
    .pipe(z.array(item))
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
}

function isDatabaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return false
  return url.hostname !== "" || url.searchParams.has("host")
}

function originOf(text: string): string {
  return new URL(text).origin
}

function isSmtpUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== ""
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i.test(text)
}

function isOutboundEntry(text: string): boolean {
  if (text.includes("/")) return isCidr(text)
  const bracketed = /^\[(.+)\](?::(\d{1,5}))?$/.exec(text)
  if (bracketed) return isIPv6(bracketed[1] ?? "") && Number(bracketed[2] ?? 0) <= portMax
  if (isIPv6(text)) return true
  const [host = "", portText = "0", ...more] = text.split(":")
  return more.length === 0 && isHost(host) && /^\d{1,5}$/.test(portText) && Number(portText) <= portMax
}

function isProxyList(text: string): boolean {
  if (/^(true|false|\d{1,2})$/.test(text)) return true
  return text.split(",").every((part) => isIP(part.trim()) !== 0 || isCidr(part.trim()))
}

function isCidr(text: string): boolean {
  const [, address = "", bits] = /^(.+)\/(\d{1,3})$/.exec(text) ?? []
  return isIP(address) !== 0 && Number(bits) <= (isIPv6(address) ? 128 : 32)
}

function proxies(text: string): boolean | number | string[] {
  if (text === "true" || text === "false") return text === "true"
  return /^\d+$/.test(text) ? Number(text) : text.split(",").map((part) => part.trim())
}
