import { sql } from "kysely"
import { z } from "zod"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Api, type TestServer, testPassword, testServer } from "../../test/server.ts"
import { type Action, rolesWith, roles } from "../core/permissions.ts"
import { newId } from "../ids.ts"
import type { Method, Route } from "./route.ts"

/**
 * Generated from the route table itself, so that no route is left out: who is nobody, who lacks the role, and who
 * belongs to another organization (reliability 39). Nothing here may change anything.
 */
let server: TestServer
/** Holds every role in the first organization. */
let all: Api
/** Holds every role in another organization of the same server. */
let stranger: Api
const keys = new Map<string, Api>()
/** One id of each table of the first organization. */
let theirs: { table: string; id: string }[] = []

beforeAll(async () => {
  server = await testServer()
  const { api, as } = server
  const inbox = await api("POST", "/inboxes", { name: "General Support", slaMinutesText: "60" })
  await api("POST", "/mailboxes", { address: "help@retale.com", senderName: "Retale" })
  await api("POST", "/chat-apps", { name: "retale.com" })
  await api("POST", "/topics", { name: "Refund" })
  await server.person({ name: "Ana", email: "ana@retale.com", roles: ["agent"], inboxIds: [inbox.body.id] })
  const alma = await server.person({ name: "Alma", email: "alma@retale.com", roles: [...roles] })
  all = alma.api
  for (const role of roles) {
    const made = await all("POST", "/api-keys", { name: role, roles: [role] })
    keys.set(role, as({ key: made.body.key }))
  }
  const operator = as({ key: "operator-token-of-tests" })
  const other = await operator("POST", "/organizations", {
    name: "Other",
    timeZone: "UTC",
    administratorEmail: "o@other.com",
    roles: [...roles],
  })
  const code = String(other.body.setupLink).split("#code=")[1]
  const set = await as({})("POST", "/setup", {
    code,
    organization: { name: "Other", timeZone: "UTC", country: "US" },
    user: { name: "Olga", email: "olga@other.com", password: testPassword },
  })
  stranger = as({ cookie: (set.headers.get("set-cookie") ?? "").split(";")[0] ?? "" })
  theirs = await oneIdOfEachTable()
}, 180_000)

afterAll(() => server?.close())

/** Of each table with an organization and an id, so that new tables are swept without being named here. */
async function oneIdOfEachTable(): Promise<{ table: string; id: string }[]> {
  const { db } = server.app.ground.store
  const tables = await sql<{ name: string }>`
    SELECT o.table_name AS name FROM information_schema.columns o JOIN information_schema.columns i USING (table_schema, table_name)
    WHERE o.table_schema = 'public' AND o.column_name = 'org_id' AND i.column_name = 'id' AND i.data_type = 'uuid'`.execute(
    db,
  )
  const found = []
  for (const { name } of tables.rows) {
    const row = await sql<{
      id: string
    }>`SELECT id FROM ${sql.table(name)} WHERE org_id = ${server.orgId} ORDER BY id LIMIT 1`.execute(db)
    if (row.rows[0]) found.push({ table: name, id: row.rows[0].id })
  }
  return found
}

function guarded(): readonly Route[] {
  return server.app.server.routes.filter((route) => route.action !== "public" && route.action !== "operator")
}

function pathFor(route: Route, id: string): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => (/(^id|Id)$/.test(name) ? id : (closed[name] ?? "email")))
}

/** Names of closed sets in paths. */
const closed: Record<string, string> = { section: "email", channel: "email", group: "mail" }

function headersOf(route: Route): Record<string, string> {
  return route.versioned ? { "if-match": "*" } : {}
}

function hasBody(method: Method): boolean {
  return method !== "GET"
}

test("reliability 39 nobody gets in: 401 on every route, before anything else is looked at", async () => {
  const nobody = server.as({})
  const wrong = server.as({ key: `sb_live_${"a".repeat(8)}_${"a".repeat(40)}` })
  for (const route of guarded()) {
    for (const api of [nobody, wrong]) {
      const answer = await api(
        route.method,
        `${pathFor(route, newId())}?no_such=1`,
        hasBody(route.method) ? { no_such: 1 } : undefined,
      )
      expect([route.method, route.path, answer.status, answer.body.code]).toEqual([
        route.method,
        route.path,
        401,
        "not_authenticated",
      ])
    }
  }
  for (const route of server.app.server.routes.filter((one) => one.action === "operator")) {
    expect(
      (await server.api(route.method, pathFor(route, newId()), hasBody(route.method) ? {} : undefined)).status,
      route.path,
    ).toBe(401)
  }
})

test("reliability 39 a role without the action gets 403, the same for existing and missing ids", async () => {
  const existing = theirs.find((one) => one.table === "inboxes")?.id ?? newId()
  for (const route of guarded()) {
    const action = typeof route.action === "object" ? route.action.others : route.action
    if (action === "signed_in") continue
    const lacking = roles.filter((role) => !rolesWith(action as Action).includes(role))
    const role = action === "agent.self" ? "agent" : lacking[0]
    // What every role holds refuses nobody.
    if (role === undefined) continue
    const api = keys.get(role)
    if (!api) throw new Error(`no key of ${role}`)
    const answers = []
    for (const id of [existing, newId()]) {
      const answer = await api(route.method, pathFor(route, id), hasBody(route.method) ? { no_such: 1 } : undefined)
      expect([route.method, route.path, role, answer.status, answer.body.action]).toEqual([
        route.method,
        route.path,
        role,
        403,
        action,
      ])
      answers.push(neutral(answer.body))
    }
    expect(answers[0]).toEqual(answers[1])
  }
})

test("S51 the routing of a chat entry point: as Agent 403 and the action is not among his; as Administrator 200", async () => {
  const body = {
    defaultInboxId: theirs.find((one) => one.table === "inboxes")?.id,
    defaultSlaMinutesText: null,
    exceptions: [],
  }
  const ben = await server.person({ name: "Ben", email: "ben@retale.com", roles: ["agent"] })
  const refused = await ben.api("PUT", "/channel-routings/chat", body, { "if-match": "*" })
  expect([refused.status, refused.body.action, refused.body.requiredRoles]).toEqual([
    403,
    "entryPoint.edit",
    ["administrator"],
  ])
  expect((await ben.api("GET", "/me")).body.actions).not.toContain("entryPoint.edit")
  expect((await server.api("GET", "/me")).body.actions).toContain("entryPoint.edit")
  expect((await server.api("PUT", "/channel-routings/chat", body, { "if-match": "*" })).status).toBe(200)
})

test("reliability 39 another organization's id answers byte for byte as a missing one", async () => {
  const withId = guarded().filter((route) => /:(id|\w+Id)\b/.test(route.path))
  expect(withId.length).toBeGreaterThan(10)
  expect(theirs.length).toBeGreaterThan(5)
  let reached = 0
  for (const route of withId) {
    const bodyWith = (id: string) =>
      hasBody(route.method) && !route.accepts && route.body ? sample(schemaOf(route.body), id) : undefined
    const missing = newId()
    const first = await stranger(route.method, pathFor(route, missing), bodyWith(missing), headersOf(route))
    const expected = neutral(first.body, missing)
    if (first.status === 404) reached++
    await Promise.all(
      theirs.map(async ({ table, id }) => {
        const answer = await stranger(route.method, pathFor(route, id), bodyWith(id), headersOf(route))
        const name = `${route.method} ${route.path} ${table}`
        expect(answer.status, name).toBeGreaterThanOrEqual(400)
        expect({ name, body: neutral(answer.body, id) }).toEqual({ name, body: expected })
      }),
    )
  }
  // A body that the schema refuses never reaches the look for the thing: most must.
  expect(reached / withId.length).toBeGreaterThan(0.8)
}, 120_000)

test("reliability 41 unknown fields and parameters are refused everywhere", async () => {
  for (const route of server.app.server.routes) {
    const api = route.action === "operator" ? server.as({ key: "operator-token-of-tests" }) : all
    const path = pathFor(route, newId())
    const parameter = await api(route.method, `${path}?no_such=1`, undefined, headersOf(route))
    expect([route.method, route.path, parameter.status, parameter.body.code]).toEqual([
      route.method,
      route.path,
      400,
      "unknown_field",
    ])
    if (!hasBody(route.method) || route.accepts) continue
    const body = route.body instanceof z.ZodArray ? [{ no_such: 1 }] : { no_such: 1 }
    const field = await api(route.method, path, body, headersOf(route))
    expect([route.method, route.path, field.status, field.body.code]).toEqual([
      route.method,
      route.path,
      400,
      "unknown_field",
    ])
  }
}, 60_000)

test("every route stands in the description, and nothing else", async () => {
  const answer = await fetch(`${server.url}/openapi.json`)
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> }
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const mounted = server.app.server.routes.map(
    (route) => `${route.method} /api${route.path.replace(/:(\w+)/g, "{$1}")}`,
  )
  expect(described.toSorted()).toEqual([...new Set(mounted)].toSorted())
  expect(mounted).toHaveLength(new Set(mounted).size)
  const { Validator } = await import("@seriousme/openapi-schema-validator")
  const checked = await new Validator().validate(
    JSON.parse(JSON.stringify(await (await fetch(`${server.url}/openapi.json`)).json())),
  )
  expect(checked.errors ?? []).toEqual([])
})

type Schema = {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  format?: string
  minLength?: number
  minimum?: number
  minItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  default?: unknown
}

function schemaOf(body: z.ZodType): Schema {
  return JSON.parse(JSON.stringify(z.toJSONSchema(body, { io: "input", unrepresentable: "any" })))
}

/** The smallest value that a schema takes, with `id` wherever an id may stand. */
function sample(schema: Schema, id: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const branch = (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.find((one) => one.type !== "null")
  if (branch) return sample(branch, id)
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {}, id)]),
      )
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}, id))
    case "integer":
    case "number":
      return Math.max(1, schema.minimum ?? 1)
    case "boolean":
      return true
    case "string":
      if (schema.format === "uuid") return id
      if (schema.format === "date-time") return "2100-01-01T00:00:00Z"
      return "x".repeat(Math.max(1, schema.minLength ?? 1))
    default:
      return null
  }
}

/** The answer without what may differ between two requests. */
function neutral(body: Record<string, unknown>, id = ""): string {
  const { requestId: _request, instance: _instance, ...rest } = body
  const text = JSON.stringify(rest)
  return id === "" ? text : text.replaceAll(id, "ID")
}
