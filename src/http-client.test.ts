import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import {
  createHttpClient,
  type HttpClient,
  isPublicAddress,
  OutboundError,
  type OutboundRequest,
} from "./http-client.ts"

let server: Server
let port = 0
let heard: { url: string; headers: Record<string, unknown> }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push({ url: request.url ?? "", headers: request.headers })
    const url = new URL(request.url ?? "/", "http://x")
    if (url.pathname === "/redirect")
      return void response.writeHead(302, { location: url.searchParams.get("to") ?? "/" }).end()
    if (url.pathname === "/large") return void response.end("x".repeat(2_000))
    if (url.pathname === "/endless") return void response.write("x".repeat(100))
    if (url.pathname === "/silent") return
    if (url.pathname === "/cut") return void request.socket.destroy()
    response.end("ok")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const open = (outboundAllow: string[], resolve?: (host: string) => Promise<string[]>) =>
  createHttpClient({ outboundAllow, ...(resolve && { resolve }) })
async function kindOf(client: HttpClient, request: OutboundRequest): Promise<string> {
  try {
    return `${(await client.send(request)).status}`
  } catch (error) {
    if (error instanceof OutboundError) return error.kind
    throw error
  }
}

test("reliability 37 private, loopback, link-local and reserved addresses are refused in every notation", async () => {
  heard = []
  const hosts = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[fe80::1]",
    "[fd00::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
  ]
  for (const host of hosts)
    expect([host, await kindOf(open([]), { url: `http://${host}:${port}/` })]).toEqual([host, "refused"])
  for (const url of ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/", "nonsense", "//x"])
    expect([url, await kindOf(open([]), { url })]).toEqual([url, "refused"])
  expect(heard).toEqual([])
  for (const address of ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    expect([address, isPublicAddress(address)]).toEqual([address, true])
})

test("reliability 37 a name is judged by what it resolves to, and exactly that address is called", async () => {
  heard = []
  const answers = [["127.0.0.1"], ["169.254.169.254", "10.0.0.1"]]
  for (const answer of answers)
    expect(
      await kindOf(
        open([], async () => answer),
        { url: `http://rebind.example:${port}/` },
      ),
    ).toBe("refused")
  let asked = 0
  const rebinding = open(["127.0.0.1"], async () => (++asked === 1 ? ["127.0.0.1"] : ["169.254.169.254"]))
  expect(await kindOf(rebinding, { url: `http://rebind.example:${port}/` })).toBe("200")
  expect([asked, heard.length, heard[0]?.headers.host]).toEqual([1, 1, `rebind.example:${port}`])
  expect(
    await kindOf(
      open([], () => Promise.reject(new Error("NXDOMAIN"))),
      { url: "http://nowhere.example/" },
    ),
  ).toBe("unsent")
})

test("reliability 37 OUTBOUND_ALLOW lists hosts, hosts with a port, and ranges; a port allows that port only", async () => {
  const url = `http://127.0.0.1:${port}/`
  for (const entry of ["127.0.0.1", `127.0.0.1:${port}`, "127.0.0.0/8"])
    expect([entry, await kindOf(open([entry]), { url })]).toEqual([entry, "200"])
  for (const entry of [`127.0.0.1:${port + 1}`, "127.0.0.2", "10.0.0.0/8", "example.com", "localhost"])
    expect([entry, await kindOf(open([entry]), { url })]).toEqual([entry, "refused"])
  expect(
    await kindOf(
      open(["localhost"], async () => ["127.0.0.1"]),
      { url: `http://localhost:${port}/` },
    ),
  ).toBe("200")
  expect(await open([]).allows(url)).toBe(false)
  expect(await open([]).allows(url, [`127.0.0.1:${port}`])).toBe(true)
  expect(await open(["[::1]:80"]).allows("http://[::1]/")).toBe(true)
  expect(await open([]).allows("http://93.184.216.34/")).toBe(true)
})

test("reliability 37 each redirect is judged anew, and credentials stay with their origin", async () => {
  const client = open([`127.0.0.1:${port}`], async () => ["127.0.0.1"])
  const base = `http://127.0.0.1:${port}`
  const to = (target: string) => `${base}/redirect?to=${encodeURIComponent(target)}`
  const request = { redirectsMax: 3, headers: { authorization: "Basic secret", accept: "x" } }
  expect(await kindOf(client, { url: to("http://169.254.169.254/latest/meta-data"), ...request })).toBe("refused")
  expect(await kindOf(client, { url: to("file:///etc/passwd"), ...request })).toBe("refused")
  expect(await kindOf(client, { url: to(`http://127.0.0.1:${port + 1}/`), ...request })).toBe("refused")
  expect(await kindOf(client, { url: to(to(to(to("/")))), ...request })).toBe("refused")
  expect(
    await kindOf(client, { url: to("/other"), ...request, mayVisit: (url) => !url.pathname.startsWith("/other") }),
  ).toBe("refused")
  heard = []
  expect(await kindOf(client, { url: to("/same"), ...request })).toBe("200")
  expect(heard.at(-1)?.headers.authorization).toBe("Basic secret")
  const wide = open([`127.0.0.1`, "other.example"], async () => ["127.0.0.1"])
  expect(await kindOf(wide, { url: to(`http://other.example:${port}/`), ...request })).toBe("200")
  expect(heard.at(-1)?.headers).toMatchObject({ accept: "x", host: `other.example:${port}` })
  expect(heard.at(-1)?.headers).not.toHaveProperty("authorization")
  expect((await client.send({ url: to("/same"), method: "POST", body: "x" })).status).toBe(302)
})

test("reliability 37 what is too large, too slow or cut off ends, and says whether it was sent", async () => {
  const client = open([`127.0.0.1:${port}`])
  const base = `http://127.0.0.1:${port}`
  expect(await kindOf(client, { url: `${base}/large`, answerBytesMax: 1_000 })).toBe("too_large")
  for (const path of ["silent", "endless"])
    expect([path, await kindOf(client, { url: `${base}/${path}`, timeoutMs: 100 })]).toEqual([path, "unanswered"])
  expect(await kindOf(client, { url: `${base}/cut` })).toBe("unanswered")
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve))
  const gone = (closed.address() as AddressInfo).port
  await new Promise((resolve) => closed.close(resolve))
  expect(await kindOf(open(["127.0.0.1"]), { url: `http://127.0.0.1:${gone}/` })).toBe("unsent")
})
