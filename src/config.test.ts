import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { expect, test } from "vitest"
import { selfSigned } from "../test/certificate.ts"
import { ConfigError, readConfig, withBoundPorts } from "./config.ts"

test("an empty environment has the documented defaults", () => {
  expect(readConfig({})).toEqual({
    port: 8080,
    host: "127.0.0.1",
    publicUrl: "http://localhost:8080",
    dataDir: resolve("./data"),
    smtpPort: 2525,
    smtpHost: "127.0.0.1",
    mailDomain: "localhost",
    sandboxOrigin: "http://localhost:8081",
    sandboxPort: 8081,
    apiAllowedOrigins: [],
    rateLimitFactor: 1,
    testClock: false,
    blobDir: resolve("./data/blobs"),
    outboundAllow: [],
    trustProxy: false,
    routingEngine: "fast",
    logLevel: "info",
    faults: [],
    derived: { publicUrl: true, mailDomain: true, sandboxOrigin: true },
  })
})

test("all mistakes are named at once, each with its key, and secrets are not repeated", () => {
  const env = {
    PORT: "80800",
    PUBLIC_URL: "example.com",
    SECRET_KEY: "short",
    TEST_CLOCK: "yes",
    SMTP_RELAY_URL: "mail",
  }
  const lines = linesOf(env)
  expect(lines.map((line) => line.split(":")[0])).toEqual([
    "PORT",
    "PUBLIC_URL",
    "SMTP_RELAY_URL",
    "TEST_CLOCK",
    "SECRET_KEY",
  ])
  expect(lines.join()).not.toContain("short")
})

test.each([
  ["PUBLIC_URL", "https://user:secret@example.com"],
  ["PUBLIC_URL", "https://example.com/desk"],
  ["DATABASE_URL", "postgresql://"],
  ["DATABASE_URL", "postgresql://app:p w@host:x/name"],
  ["PORT", "65535"],
  ["SANDBOX_ORIGIN", "http://localhost:8080"],
  ["TRUST_PROXY", "10.0.0.1/99"],
  ["TRUST_PROXY", "10.0.0.1/"],
])("what would fail later is refused at once: %s=%s", (key, value) => {
  const lines = linesOf({ [key]: value })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(new RegExp(`^${key}: must `))
  expect(lines[0]).not.toMatch(/secret|p w/)
})

test("a database is reached by host or by the folder of its socket", () => {
  for (const url of ["postgresql://app@localhost/switchboard?host=%2Frun%2Fpg", "postgres:///sb?host=/run/pg"])
    expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url)
})

test("an empty value counts as not set", () => {
  expect(readConfig({ PORT: "", PUBLIC_URL: " " }).port).toBe(8080)
})

test("PORT=0: the addresses follow the ports that were bound, unless they were set", () => {
  const bound = { port: 4100, sandboxPort: 4200, smtpPort: 4300 }
  expect(withBoundPorts(readConfig({ PORT: "0" }), bound)).toMatchObject({
    port: 4100,
    publicUrl: "http://localhost:4100",
    sandboxOrigin: "http://localhost:4200",
    smtpPort: 4300,
  })
  const set = readConfig({ PORT: "0", PUBLIC_URL: "https://help.example.com/", MAIL_DOMAIN: "Mail.example.com" })
  expect(withBoundPorts(set, bound)).toMatchObject({
    publicUrl: "https://help.example.com",
    mailDomain: "mail.example.com",
  })
})

test("MAIL_DOMAIN is the host of PUBLIC_URL, SMTP_HOST that of HOST, unless set", () => {
  const config = readConfig({ PUBLIC_URL: "https://help.example.com", HOST: "0.0.0.0" })
  expect(config).toMatchObject({ mailDomain: "help.example.com", smtpHost: "0.0.0.0" })
})

test.each([
  ["localhost", true],
  ["127.0.0.1:8082", true],
  ["10.0.0.0/8", true],
  ["fd00::/8", true],
  ["[::1]:8080", true],
  ["10.0.0.0/33", false],
  ["host:99999", false],
  ["http://host", false],
])("OUTBOUND_ALLOW takes %s: %s", (entry, taken) => {
  if (taken) expect(readConfig({ OUTBOUND_ALLOW: `${entry}, other` }).outboundAllow).toEqual([entry, "other"])
  else expect(linesOf({ OUTBOUND_ALLOW: entry })[0]).toMatch(/^OUTBOUND_ALLOW/)
})

test.each([
  ["true", true],
  ["1", 1],
  ["10.0.0.1, 192.168.0.0/16", ["10.0.0.1", "192.168.0.0/16"]],
])("TRUST_PROXY=%s", (text, value) => {
  expect(readConfig({ TRUST_PROXY: text }).trustProxy).toEqual(value)
})

test("a sandbox origin on this machine says where to listen, one behind a proxy does not", () => {
  expect(readConfig({ SANDBOX_ORIGIN: "http://127.0.0.1:9000" }).sandboxPort).toBe(9000)
  expect(readConfig({ SANDBOX_ORIGIN: "https://shop.example.com" }).sandboxPort).toBe(8081)
})

test("SMTP_TLS_CERT and SMTP_TLS_KEY: both or none, and two files that fit; each mistake stands beside the others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-config-"))
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const own = selfSigned("desk.example")
  const cert = await file("cert.pem", own.cert)
  const key = await file("key.pem", own.key)
  const other = await file("other.pem", selfSigned("desk.example").key)
  const tls = (SMTP_TLS_CERT: string, SMTP_TLS_KEY: string) => ({ SMTP_TLS_CERT, SMTP_TLS_KEY })
  expect(readConfig(tls(cert, key)).smtpTls).toEqual({ certFile: cert, keyFile: key })
  expect(linesOf({ ...tls(cert, ""), PORT: "x" })).toEqual([
    expect.stringMatching(/^PORT: /),
    "SMTP_TLS_KEY: must be set together with SMTP_TLS_CERT",
  ])
  expect(linesOf(tls("", key))).toEqual(["SMTP_TLS_CERT: must be set together with SMTP_TLS_KEY"])
  expect(linesOf(tls(join(folder, "none"), other))).toEqual([
    expect.stringMatching(/^SMTP_TLS_CERT: cannot be read: ENOENT/),
  ])
  expect(linesOf(tls(key, cert))).toEqual([
    "SMTP_TLS_CERT: holds no certificate in PEM",
    "SMTP_TLS_KEY: holds no private key in PEM without a passphrase",
  ])
  expect(linesOf(tls(cert, other))).toEqual(["SMTP_TLS_KEY: is not the key of this certificate"])
  expect(
    linesOf(
      tls(await file("chain.pem", `${own.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`), key),
    ),
  ).toEqual(["SMTP_TLS_CERT: cannot be used for TLS"])
  await rm(folder, { recursive: true })
})

function linesOf(env: Record<string, string>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.lines
    throw error
  }
  return []
}
