import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { WebSocket } from "ws"
import { testStore, type TestStore } from "../../test/database.ts"
import { Authenticator } from "../identity/authenticate.ts"
import { cookieNameFor } from "../identity/cookie.ts"
import { Sessions } from "../identity/sessions.ts"
import { newId } from "../ids.ts"
import { keysFrom } from "../keys.ts"
import { createServer, type HttpServer } from "./server.ts"

let ground: TestStore
let server: HttpServer
let dir = ""
let port = 0
let cookie = ""

beforeAll(async () => {
  ground = await testStore()
  dir = await mkdtemp(join(tmpdir(), "switchboard-pages-"))
  await mkdir(join(dir, "web/assets"), { recursive: true })
  await writeFile(join(dir, "secret.txt"), "outside")
  await writeFile(
    join(dir, "web/index.html"),
    '<meta name="nonce" content="__CSP_NONCE__"><script nonce="__CSP_NONCE__"></script>',
  )
  await writeFile(join(dir, "web/assets/main-abc.js"), "1")
  await writeFile(join(dir, "web/.hidden"), "hidden")
  const { db, store } = ground
  const orgId = newId()
  const userId = newId()
  await db.insertInto("organizations").values({ id: orgId, name: "Retale", timeZone: "UTC" }).execute()
  await db
    .insertInto("users")
    .values({ orgId, id: userId, name: "Ana", email: "ana@retale.com", roles: ["agent"], status: "active" })
    .execute()
  const sessions = new Sessions(db)
  const publicUrl = "http://desk.example"
  const cookieName = cookieNameFor(publicUrl)
  cookie = `${cookieName}=${await sessions.open({ orgId, userId, userAgent: "test", ip: "::1" })}`
  server = createServer(
    {
      config: { publicUrl, apiAllowedOrigins: [], rateLimitFactor: 0, trustProxy: false },
      store,
      keys: keysFrom("a secret of tests"),
      authenticator: new Authenticator({ db, sessions, operatorToken: "operator-token", cookieName }),
      version: "0",
      probe: () => db.selectFrom("organizations").select("id").execute(),
      readiness: [() => "no lease"],
      metrics: async () => "",
      webDir: join(dir, "web"),
    },
    [],
  )
  server.upgrade("/api/live", {
    protocol: "switchboard.live.v1",
    authenticate: (request) => server.authenticateSocket(request),
    handler: (socket, principal) => socket.on("message", () => socket.send(principal.name)),
  })
  server.raw((app) => {
    app.addContentTypeParser("text/plain", { parseAs: "string" }, (_request, body, done) => done(null, body))
    app.get("/hooks/slow", async (_request, reply) => {
      await new Promise((resolve) => setTimeout(resolve, 500))
      return reply.send({ done: true })
    })
    app.get("/hooks/endless", () => new Promise(() => {}))
    app.post("/hooks/echo", async (request, reply) => reply.type("text/plain").send(String(request.body)))
  })
  port = await server.listen(0, "127.0.0.1")
}, 60_000)

afterAll(async () => {
  await server?.close()
  await ground?.close()
  await rm(dir, { recursive: true, force: true })
})

const get = (path: string, headers: Record<string, string> = {}) =>
  server.app.inject({ method: "GET", url: path, headers })

test("pages carry a new nonce each time, and a policy without unsafe-inline", async () => {
  const [first, second] = [await get("/"), await get("/settings/entry-points")]
  const nonce = (body: string) => /content="([\w-]+)"/.exec(body)?.[1]
  expect(nonce(first.body)).not.toBe(nonce(second.body))
  expect(first.headers["content-security-policy"]).toContain(`script-src 'self' 'nonce-${nonce(first.body)}'`)
  expect(first.headers["content-security-policy"]).not.toContain("unsafe-inline")
  expect(first.body).not.toContain("__CSP_NONCE__")
  expect((await get("/assets/main-abc.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable")
  expect((await get("/assets/gone.js")).statusCode).toBe(404)
})

test("reliability 57 no path leads out of the folder of pages", async () => {
  for (const path of [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/.hidden",
    "//etc/passwd",
    "/%00",
    "/%",
  ]) {
    const answer = await get(path)
    expect(answer.body, path).not.toMatch(/outside|hidden|root:/)
    expect(answer.statusCode, path).toBeLessThan(500)
  }
})

test("raw routes keep their own bodies; unknown paths there are problems, not pages", async () => {
  const echo = await server.app.inject({
    method: "POST",
    url: "/hooks/echo",
    payload: "hello",
    headers: { "content-type": "text/plain" },
  })
  expect(echo.body).toBe("hello")
  expect((await get("/hooks/none")).json().code).toBe("route_not_found")
  expect((await get("/widget/none")).json().code).toBe("route_not_found")
  expect((await server.app.inject({ method: "POST", url: "/somewhere" })).json().code).toBe("route_not_found")
})

test("not ready says why", async () => {
  const answer = await get("/readyz")
  expect([answer.statusCode, answer.json()]).toEqual([503, { ready: false, reasons: ["no lease"] }])
})

function open(headers: Record<string, string>): Promise<{ status: number; socket: WebSocket }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, ["other", "switchboard.live.v1"], { headers })
  return new Promise((resolve) => {
    socket.on("open", () => resolve({ status: 101, socket }))
    socket.on("unexpected-response", (_request, response) => resolve({ status: response.statusCode ?? 0, socket }))
    socket.on("error", () => undefined)
  })
}

test("reliability 46 a socket needs the session and our own origin, before the upgrade", async () => {
  expect((await open({})).status).toBe(401)
  expect((await open({ cookie, origin: "https://evil.example" })).status).toBe(403)
  expect((await open({ cookie })).status).toBe(403)
  const { status, socket } = await open({ cookie, origin: "http://desk.example" })
  expect(status).toBe(101)
  expect(socket.protocol).toBe("switchboard.live.v1")
  const answer = new Promise((resolve) => socket.on("message", (data) => resolve(String(data))))
  socket.send("who?")
  expect(await answer).toBe("Ana")
  const closed = new Promise((resolve) => socket.on("close", resolve))
  socket.send("x".repeat(65_537))
  expect(await closed).toBe(1009)
  expect((await get("/api/live", { cookie })).json().code).toBe("route_not_found")
})

test("a stop finishes what was accepted, and lets go of who only waits", async () => {
  const slow = fetch(`http://127.0.0.1:${port}/hooks/slow`)
  const endless = fetch(`http://127.0.0.1:${port}/hooks/endless`).catch(() => "cut")
  await new Promise((resolve) => setTimeout(resolve, 100))
  const began = performance.now()
  const closed = server.close()
  expect(await (await slow).json()).toEqual({ done: true })
  expect(await endless).toBe("cut")
  await closed
  expect(performance.now() - began).toBeLessThan(5_000)
}, 10_000)
