import { afterAll, beforeAll, expect, test } from "vitest"
import { z } from "zod"
import { testStore, type TestStore } from "../../test/database.ts"
import { newApiKey } from "../identity/api-keys.ts"
import { Authenticator } from "../identity/authenticate.ts"
import { cookieNameFor } from "../identity/cookie.ts"
import { Sessions } from "../identity/sessions.ts"
import { hashSecret, newId } from "../ids.ts"
import { keysFrom } from "../keys.ts"
import { problem } from "../problem.ts"
import { created, noContent, ok } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { intParam, listParam } from "./query.ts"
import { route } from "./route.ts"
import { createServer, type HttpServer, type ServerDeps } from "./server.ts"

const origin = "http://desk.example:8080"
let ground: TestStore
let server: HttpServer
let limited: HttpServer
let second: HttpServer
let serverDeps: ServerDeps
let key = ""
let agentKey = ""
let cookie = ""
const made: string[] = []
let slow: PromiseWithResolvers<void> | null = null
let broken: unknown = null

const Thing = z.object({
  name: z.string().trim().min(1).max(10),
  color: z.enum(["red", "blue"]).optional(),
  parts: z
    .array(z.object({ size: z.int().min(1) }))
    .max(3)
    .optional(),
  sla: z
    .string()
    .nullable()
    .optional()
    .superRefine((text, context) => {
      if (text === "0")
        context.addIssue({ code: "custom", message: "Enter more than 0.", params: { code: "sla_zero" } })
    }),
})

const routes = () => [
  route({
    method: "POST",
    path: "/things",
    action: "inbox.edit",
    body: Thing,
    answers: { 201: Thing },
    idempotent: true,
    handle: async (context) => {
      await slow?.promise
      return context.write(async (tx) => {
        made.push(context.body.name)
        tx.audit({ entityType: "thing", entityId: "1", entityName: context.body.name, action: "added" })
        return created("/things/1", { id: "1", ...context.body })
      })
    },
  }),
  route({
    method: "GET",
    path: "/things",
    action: "inbox.read",
    list: true,
    query: z.object({ color: listParam(["red", "blue"]).optional(), size: intParam(1, 9).optional() }),
    answers: { 200: z.object({}) },
    handle: async ({ list, page }) => {
      const after = Number(list.after?.[0] ?? 0)
      const rows = [1, 2, 3, 4, 5].filter((n) => n > after).slice(0, list.limit + 1)
      return page(
        rows,
        (n) => [n],
        (n) => ({ n }),
      )
    },
  }),
  route({
    method: "GET",
    path: "/things/:id",
    action: "inbox.read",
    answers: { 200: Thing },
    handle: async ({ params }) => {
      if (params.id.endsWith("0")) throw problem("not_found")
      return ok({ id: params.id, at: new Date(0), version: 7 })
    },
  }),
  route({
    method: "PATCH",
    path: "/things/:id",
    action: "inbox.edit",
    versioned: true,
    body: Thing.partial(),
    answers: { 200: Thing },
    handle: async ({ ifMatch, body }) => {
      expectVersion(ifMatch, { version: 7, updatedAt: new Date(0), updatedBy: { id: "x", name: "Ana", type: "user" } })
      return ok({ ...body, version: 8 })
    },
  }),
  route({
    method: "DELETE",
    path: "/things/:id",
    action: "inbox.edit",
    answers: { 204: null },
    handle: async () => noContent(),
  }),
  route({
    method: "GET",
    path: "/agents/:id/state",
    action: { me: "agent.self", others: "agent.manage" },
    answers: { 200: z.object({}) },
    handle: async ({ params }) => ok(params),
  }),
  route({
    method: "GET",
    path: "/broken",
    action: "public",
    answers: { 200: z.object({}) },
    handle: async () => {
      throw broken
    },
  }),
]

beforeAll(async () => {
  ground = await testStore()
  const { db, store } = ground
  const orgId = newId()
  const userId = newId()
  const agentId = newId()
  await db.insertInto("organizations").values({ id: orgId, name: "Retale", timeZone: "UTC" }).execute()
  await db
    .insertInto("users")
    .values([
      {
        orgId,
        id: userId,
        name: "Jordan",
        email: "jordan@retale.com",
        roles: ["administrator", "agent"],
        status: "active",
      },
      { orgId, id: agentId, name: "Ana", email: "ana@retale.com", roles: ["agent"], status: "active" },
    ])
    .execute()
  for (const [maker, roles, set] of [
    [
      userId,
      ["administrator"],
      (text: string) => {
        key = text
      },
    ],
    [
      agentId,
      ["administrator"],
      (text: string) => {
        agentKey = text
      },
    ],
  ] as const) {
    const made = newApiKey()
    set(made.key)
    await db
      .insertInto("apiKeys")
      .values({
        orgId,
        id: newId(),
        name: "t",
        prefix: made.prefix,
        keyHash: hashSecret(made.key),
        roles: [...roles],
        createdBy: maker,
      })
      .execute()
  }
  const sessions = new Sessions(db)
  const authenticator = new Authenticator({
    db,
    sessions,
    operatorToken: "operator-token",
    cookieName: cookieNameFor(origin),
  })
  cookie = `switchboard.session_token=${await sessions.open({ orgId, userId, userAgent: "test", ip: "127.0.0.1" })}`
  const deps = {
    store,
    keys: keysFrom("a secret of tests"),
    authenticator,
    version: "0",
    probe: () => db.selectFrom("organizations").select("id").execute(),
    readiness: [],
    metrics: async () => "up 1\n",
    webDir: null,
    log: {
      info: () => {},
      error: (fields: Record<string, unknown>) => {
        if (fields.err !== broken) throw fields.err
      },
    },
  }
  const config = {
    publicUrl: origin,
    apiAllowedOrigins: ["https://app.example"],
    rateLimitFactor: 0,
    trustProxy: false,
  }
  serverDeps = { ...deps, config }
  server = createServer(serverDeps, routes())
  second = createServer({ ...deps, config }, routes())
  limited = createServer({ ...deps, config: { ...config, rateLimitFactor: 0.001 } }, routes())
}, 120_000)

afterAll(async () => {
  await server?.close()
  await limited?.close()
  await second?.close()
  await ground?.close()
})

type Options = { key?: string | null; body?: unknown; text?: string; headers?: Record<string, string>; on?: HttpServer }

async function call(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD",
  url: string,
  options: Options = {},
) {
  const token = options.key === undefined ? key : options.key
  const payload = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const answer = await (options.on ?? server).app.inject({
    method,
    url,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(payload !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(payload !== undefined && { payload }),
  })
  const json = /json/.test(String(answer.headers["content-type"])) && answer.body !== ""
  return { status: answer.statusCode, headers: answer.headers, body: json ? answer.json() : answer.body }
}

const id = "0199a000-0000-7000-8000-000000000001"
const missing = "0199a000-0000-7000-8000-000000000000"

test("401 before anything else is looked at, then 403 by role before the object", async () => {
  const nobody = await call("PATCH", `/api/things/${id}?x=1`, { key: null, text: "{" })
  expect(nobody).toMatchObject({
    status: 401,
    body: { code: "not_authenticated", type: "/docs/problems#not_authenticated", instance: `/api/things/${id}` },
  })
  expect(nobody.headers["www-authenticate"]).toBe("Bearer")
  const refused = await call("PATCH", `/api/things/${id}`, { key: agentKey, text: "{" })
  expect(refused).toMatchObject({
    status: 403,
    body: { code: "not_permitted", action: "inbox.edit", requiredRoles: ["administrator", "team_manager"] },
  })
  const same = await call("PATCH", `/api/things/${missing}`, { key: agentKey, text: "{" })
  expect(same.status).toBe(403)
})

test("a key never does what its maker may not do, and is no person", async () => {
  expect((await call("GET", "/api/things", { key: agentKey })).status).toBe(200)
  expect((await call("POST", "/api/things", { key: agentKey, body: { name: "x" } })).status).toBe(403)
  expect((await call("GET", "/api/agents/me/state")).body.action).toBe("agent.self")
  expect((await call("GET", "/api/agents/me/state", { key: null, headers: { cookie } })).status).toBe(200)
})

test("reliability 41 unknown fields at any depth and unknown parameters are named, 400", async () => {
  const answer = await call("POST", "/api/things", {
    body: { name: "x", role: "administrator", parts: [{ size: 1, "a/b": 2 }] },
  })
  expect(answer).toMatchObject({ status: 400, body: { code: "unknown_field" } })
  expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual(["#/role", "#/parts/0/a~1b"])
  expect((await call("GET", "/api/things?colour=red")).body.errors).toMatchObject([{ parameter: "colour" }])
  expect((await call("DELETE", `/api/things/${id}`, { body: { force: true } })).status).toBe(400)
})

test("all wrong fields at once, each with its code and pointer", async () => {
  const answer = await call("POST", "/api/things", {
    body: { name: " ", color: "green", parts: [{ size: 0 }, { size: "1" }, {}], sla: "0" },
  })
  expect(answer).toMatchObject({ status: 422, body: { code: "validation_failed" } })
  expect(
    Object.fromEntries(answer.body.errors.map((one: { pointer: string; code: string }) => [one.pointer, one.code])),
  ).toEqual({
    "#/name": "required",
    "#/color": "not_in_list",
    "#/parts/0/size": "too_small",
    "#/parts/1/size": "type",
    "#/parts/2/size": "required",
    "#/sla": "sla_zero",
  })
  expect((await call("POST", "/api/things", { body: { name: "12345678901" } })).body.errors).toMatchObject([
    { pointer: "#/name", code: "too_long" },
  ])
  expect((await call("POST", "/api/things")).body.errors).toMatchObject([{ pointer: "#/name", code: "required" }])
  expect((await call("POST", "/api/things", { body: { name: "a\u0000" } })).body.errors).toMatchObject([
    { pointer: "#/name", code: "pattern" },
  ])
  expect((await call("GET", "/api/things?color=green&size=x&limit=999")).body.errors).toMatchObject([
    { parameter: "color", code: "not_in_list" },
    { parameter: "size" },
    { parameter: "limit", code: "too_large" },
  ])
})

test("reliability 57 what cannot be read is 400, the wrong type 415, too much 413", async () => {
  for (const text of ["{", '{"name":"a","name":"b"}', '{"__proto__":{}}', `{"name":${"[".repeat(100_000)}`]) {
    expect(await call("POST", "/api/things", { text }), text.slice(0, 20)).toMatchObject({
      status: 400,
      body: { code: "body_malformed" },
    })
  }
  expect(
    (await call("POST", "/api/things", { text: "name=x", headers: { "content-type": "text/plain" } })).status,
  ).toBe(415)
  expect((await call("POST", "/api/things", { text: "{}", headers: { "content-encoding": "gzip" } })).status).toBe(415)
  expect(await call("POST", "/api/things", { body: { name: "x".repeat(1_100_000) } })).toMatchObject({
    status: 413,
    body: { code: "too_large" },
  })
})

test("versions: 428 without If-Match, 412 with an old one, 304 for what one has", async () => {
  expect((await call("PATCH", `/api/things/${id}`, { body: { name: "" } })).status).toBe(428)
  const old = await call("PATCH", `/api/things/${id}`, { body: {}, headers: { "if-match": '"6"' } })
  expect(old).toMatchObject({
    status: 412,
    body: {
      code: "version_conflict",
      currentVersion: 7,
      changedAt: "1970-01-01T00:00:00.000Z",
      changedBy: { name: "Ana" },
    },
  })
  const changed = await call("PATCH", `/api/things/${id}`, {
    body: { name: "new", version: 7, id },
    headers: { "if-match": '"7"' },
  })
  expect(changed).toMatchObject({ status: 200, body: { name: "new" } })
  expect(changed.headers.etag).toBe('"8"')
  expect((await call("PATCH", `/api/things/${id}`, { body: {}, headers: { "if-match": "*" } })).status).toBe(200)
  expect((await call("GET", `/api/things/${id}`)).body.at).toBe("1970-01-01T00:00:00.000Z")
  expect((await call("GET", `/api/things/${id}`, { headers: { "if-none-match": 'W/"7"' } })).status).toBe(304)
})

test("what is no id answers as a missing one", async () => {
  for (const name of ["abc", "0199A000-0000-7000-8000-000000000001", "%00", "..%2f"]) {
    expect((await call("GET", `/api/things/${name}`)).body.code, name).toBe("not_found")
  }
})

test("unknown paths 404, other methods 405 with Allow, OPTIONS 204, HEAD as GET", async () => {
  expect(await call("GET", "/api/nothing")).toMatchObject({ status: 404, body: { code: "route_not_found" } })
  expect(await call("GET", "/nothing")).toMatchObject({ status: 404, body: { code: "route_not_found" } })
  const put = await call("PUT", `/api/things/${id}`)
  expect(put).toMatchObject({
    status: 405,
    body: { code: "method_not_allowed" },
    headers: { allow: "GET, PATCH, DELETE, HEAD, OPTIONS" },
  })
  expect((await call("OPTIONS", "/api/things", { key: null })).status).toBe(204)
  expect((await call("HEAD", "/api/things")).status).toBe(200)
})

test("pages of a list: a cursor is bound to its filter", async () => {
  const first = await call("GET", "/api/things?limit=2&color=red")
  expect(first.body.items).toEqual([{ n: 1 }, { n: 2 }])
  expect(first.headers.link).toContain('rel="next"')
  const cursor = first.body.nextCursor
  expect((await call("GET", `/api/things?limit=2&color=red&cursor=${cursor}`)).body.items).toEqual([{ n: 3 }, { n: 4 }])
  expect((await call("GET", `/api/things?limit=5&color=red&cursor=${cursor}`)).body).toEqual({
    items: [{ n: 3 }, { n: 4 }, { n: 5 }],
    nextCursor: null,
  })
  expect((await call("GET", `/api/things?color=blue&cursor=${cursor}`)).body.code).toBe("cursor_invalid")
  expect((await call("GET", "/api/things?cursor=x")).body.code).toBe("cursor_invalid")
})

test("Idempotency-Key: the same answer again, another body refused, two at once: one runs", async () => {
  const headers = { "idempotency-key": "thing-0001" }
  const first = await call("POST", "/api/things", { body: { name: "once" }, headers })
  const again = await call("POST", "/api/things", { body: { name: "once" }, headers })
  expect(again).toMatchObject({
    status: 201,
    body: first.body,
    headers: { location: "/api/things/1", "idempotency-replayed": "true" },
  })
  expect(made.filter((name) => name === "once")).toHaveLength(1)
  expect(await call("POST", "/api/things", { body: { name: "other" }, headers })).toMatchObject({
    status: 422,
    body: { code: "idempotency_key_reused" },
  })
  expect(
    (await call("POST", "/api/things", { body: { name: "x" }, headers: { "idempotency-key": "short" } })).body.code,
  ).toBe("idempotency_key_invalid")

  const later = { "idempotency-key": "thing-0002" }
  expect((await call("POST", "/api/things", { body: { name: "" }, headers: later })).status).toBe(422)
  slow = Promise.withResolvers()
  const running = call("POST", "/api/things", { body: { name: "slow" }, headers: later })
  await expect
    .poll(() => call("POST", "/api/things", { body: { name: "slow" }, headers: later }))
    .toMatchObject({ status: 409, body: { code: "idempotency_in_progress" }, headers: { "retry-after": "1" } })
  slow.resolve()
  slow = null
  expect((await running).status).toBe(201)
})

test("two processes with the same key at once: the store holds one effect, both give its answer", async () => {
  const headers = { "idempotency-key": "thing-0003" }
  slow = Promise.withResolvers()
  const both = [server, second].map((on) => call("POST", "/api/things", { body: { name: "both" }, headers, on }))
  setTimeout(() => slow?.resolve(), 100)
  const answers = await Promise.all(both)
  slow = null
  expect(answers.map((answer) => answer.status)).toEqual([201, 201])
  expect(answers.filter((answer) => answer.headers["idempotency-replayed"] === "true")).toHaveLength(1)
  const entries = await ground.db.selectFrom("auditEntries").select("id").where("entityName", "=", "both").execute()
  expect(entries).toHaveLength(1)
})

test("headers that every answer carries", async () => {
  const { headers } = await call("GET", "/api/things", { headers: { "x-request-id": "my-request-1" } })
  expect(headers).toMatchObject({
    "api-version": "1",
    "x-request-id": "my-request-1",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    vary: "Origin",
  })
  expect((await call("GET", "/api/things", { headers: { "x-request-id": "bad id" } })).headers["x-request-id"]).toMatch(
    /^[0-9a-f-]{36}$/,
  )
})

test("reliability 46 a cookie writes only from our own pages; another origin gets no CORS unless it is listed", async () => {
  const write = (headers: Record<string, string>) =>
    call("POST", "/api/things", { key: null, body: { name: "x" }, headers: { cookie, ...headers } })
  expect((await write({ "sec-fetch-site": "same-origin" })).status).toBe(201)
  expect((await write({ origin })).status).toBe(201)
  expect((await write({})).status).toBe(201)
  const foreign: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin },
    { origin: "https://evil.example" },
    { origin: "null" },
  ]
  for (const headers of foreign) {
    expect((await write(headers)).body.code).toBe("origin_not_allowed")
  }
  expect(
    (await call("POST", "/api/things", { body: { name: "x" }, headers: { origin: "https://evil.example", cookie } }))
      .status,
  ).toBe(201)
  expect(
    (await call("GET", "/api/things", { headers: { origin: "https://evil.example" } })).headers[
      "access-control-allow-origin"
    ],
  ).toBeUndefined()
  const listed = await call("OPTIONS", "/api/things", {
    key: null,
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  })
  expect(listed.headers).toMatchObject({ "access-control-allow-origin": "https://app.example" })
  expect(listed.headers["access-control-allow-credentials"]).toBeUndefined()
})

test("quotas: the headers of draft 10, then 429 with Retry-After", async () => {
  const answers = []
  for (let n = 0; n < 8; n++) answers.push(await call("GET", "/api/things", { on: limited }))
  expect(answers[0]?.headers).toMatchObject({
    "ratelimit-policy": '"key";q=6;w=60',
    ratelimit: expect.stringMatching(/^"key";r=5;t=\d+$/),
  })
  expect(answers[6]).toMatchObject({ status: 429, body: { code: "rate_limited" } })
  expect(Number(answers[6]?.headers["retry-after"])).toBeGreaterThan(0)
})

test("our own errors say nothing of themselves; a store that is away is 503", async () => {
  broken = new Error("secret detail")
  const internal = await call("GET", "/api/broken")
  expect(internal).toMatchObject({ status: 500, body: { code: "internal" } })
  expect(JSON.stringify(internal.body)).not.toContain("secret")
  broken = Object.assign(new Error("terminating connection"), { code: "57P01" })
  expect(await call("GET", "/api/broken")).toMatchObject({
    status: 503,
    body: { code: "unavailable", reason: "database" },
    headers: { "retry-after": "1" },
  })
})

test("reliability 45 what a proxy hands on is never this machine, whatever the caller says of himself", async () => {
  const proxied = createServer({ ...serverDeps, config: { ...serverDeps.config, trustProxy: true } }, [])
  const metrics = async (headers: Record<string, string>) =>
    (await proxied.app.inject({ url: "/metrics", remoteAddress: "127.0.0.1", headers })).statusCode
  expect(await metrics({})).toBe(200)
  expect(await metrics({ "x-forwarded-for": "127.0.0.1" })).toBe(404)
  expect(await metrics({ "x-forwarded-for": "127.0.0.1, 203.0.113.7" })).toBe(404)
  expect(await metrics({ forwarded: "for=127.0.0.1" })).toBe(404)
  expect(await metrics({ "x-forwarded-for": "203.0.113.7", authorization: "Bearer operator-token" })).toBe(200)
  await proxied.close()
})

test("root paths", async () => {
  expect((await call("GET", "/healthz")).status).toBe(200)
  expect((await call("GET", "/readyz")).body).toMatchObject({ ready: true })
  expect((await call("GET", "/metrics")).body).toBe("up 1\n")
  expect((await call("GET", "/metrics", { key: null, headers: { "x-forwarded-for": "1.2.3.4" } })).status).toBe(404)
  expect(
    (await call("GET", "/metrics", { key: "operator-token", headers: { "x-forwarded-for": "1.2.3.4" } })).status,
  ).toBe(200)
  expect((await call("GET", "/api", { key: null })).body).toEqual({
    name: "Switchboard",
    version: "0",
    apiVersion: 1,
    publicUrl: origin,
  })
  expect((await call("GET", "/docs/problems", { key: null })).body).toContain('id="offer_ended"')
  expect(
    (await call("GET", "/openapi.json", { key: null })).body.paths["/api/things/{id}"].patch.parameters,
  ).toHaveLength(2)
})
