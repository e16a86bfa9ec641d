import { sql } from "kysely"
import { tmpdir } from "node:os"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { Authenticator } from "../identity/authenticate.ts"
import { cookieNameFor } from "../identity/cookie.ts"
import type { Agents } from "../identity/people.ts"
import { Sessions } from "../identity/sessions.ts"
import { openSetup } from "../identity/setup.ts"
import { Tries } from "../identity/tries.ts"
import { newId } from "../ids.ts"
import { keysFrom } from "../keys.ts"
import { apiKeyRoutes } from "./api-keys.ts"
import { auditEntryRoutes } from "./audit-entries.ts"
import { eventRoutes } from "./events.ts"
import { meRoutes } from "./me.ts"
import { organizationRoutes } from "./organization.ts"
import { permissionRoutes } from "./permissions.ts"
import { createServer, type HttpServer } from "./server.ts"
import { sessionRoutes } from "./session.ts"
import { setupRoutes } from "./setup.ts"
import { systemRoutes } from "./system.ts"
import { userRoutes } from "./users.ts"

const publicUrl = "http://desk.example"
const password = "correct horse battery"
let ground: TestStore
let server: HttpServer
let strict: HttpServer
let code = ""
const mails: { to: string; text: string }[] = []
const told: string[] = []
const ended: unknown[] = []
let jordan = ""
let jordanId = ""
let inboxId = ""

const agents: Agents = {
  ensure: async (_tx, id) => void told.push(`ensure ${id}`),
  addMember: async (tx, inbox, agentId) =>
    void (await tx.db.insertInto("inboxMembers").values({ orgId: tx.orgId, inboxId: inbox, agentId }).execute()),
  removeMember: async (tx, inbox, agentId) =>
    void (await tx.db
      .deleteFrom("inboxMembers")
      .where("orgId", "=", tx.orgId)
      .where("inboxId", "=", inbox)
      .where("agentId", "=", agentId)
      .execute()),
  roleChanged: async (_tx, id, serves) => void told.push(`role ${id} ${serves}`),
  capacityChanged: async (_tx, id, capacity) => void told.push(`capacity ${id} ${capacity?.maximum}`),
  deactivated: async (_tx, id) => void told.push(`deactivated ${id}`),
}

beforeAll(async () => {
  ground = await testStore()
  const { db, store, bus } = ground
  const sessions = new Sessions(db)
  sessions.onEnded((one) => ended.push(one))
  const cookieName = cookieNameFor(publicUrl)
  const authenticator = new Authenticator({ db, sessions, operatorToken: "operator-token", cookieName })
  const make = (rateLimitFactor: number) => {
    const deps = {
      store,
      sessions,
      agents,
      cookieName,
      publicUrl,
      bus,
      version: "0",
      dataDir: tmpdir(),
      mailSends: false,
      tries: new Tries(db, rateLimitFactor),
      queueMail: (_tx: unknown, mail: { to: string; text: string }) => void mails.push(mail),
      onOrganizationCreated: [async () => void told.push("organization")],
    }
    const routes = [
      setupRoutes,
      organizationRoutes,
      sessionRoutes,
      meRoutes,
      userRoutes,
      permissionRoutes,
      auditEntryRoutes,
      apiKeyRoutes,
      eventRoutes,
      systemRoutes,
    ].flatMap((one) => one(deps))
    return createServer(
      {
        config: { publicUrl, apiAllowedOrigins: [], rateLimitFactor, trustProxy: false },
        store,
        keys: keysFrom("a secret of tests"),
        authenticator,
        version: "0",
        probe: () => db.selectFrom("organizations").select("id").execute(),
        readiness: [],
        metrics: async () => "",
        webDir: null,
        log: { info: () => {}, error: (fields) => console.error(fields.err) },
      },
      routes,
    )
  }
  server = make(0)
  strict = make(1)
  code = (await openSetup(store)) ?? ""
}, 120_000)

afterAll(async () => {
  await server?.close()
  await strict?.close()
  await ground?.close()
})

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

async function call(
  method: Method,
  path: string,
  options: {
    as?: string | null
    key?: string
    body?: unknown
    headers?: Record<string, string>
    on?: HttpServer
    ip?: string
  } = {},
) {
  const answer = await (options.on ?? server).app.inject({
    method,
    url: `/api${path}`,
    remoteAddress: options.ip ?? "10.0.0.1",
    headers: {
      ...(options.as && { cookie: options.as }),
      ...(options.key && { authorization: `Bearer ${options.key}` }),
      ...(options.body !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body !== undefined && { payload: JSON.stringify(options.body) }),
  })
  const set = String(answer.headers["set-cookie"] ?? "")
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === "" ? null : answer.json(),
    cookie: set.split(";")[0] ?? "",
    setCookie: set,
  }
}

const setupBody = (with_: object) => ({
  code,
  organization: { name: "Retale", timeZone: "America/New_York", country: "US" },
  user: { name: "Jordan", email: "Jordan@Retale.com", password },
  ...with_,
})

async function someone(
  email: string,
  roles: string[],
  inboxIds: string[] = [],
): Promise<{ id: string; cookie: string; email: string }> {
  const made = await call("POST", "/invitations", { as: jordan, body: { emails: [email], roles, inboxIds } })
  const token = String(made.body.items[0].link).split("#token=")[1]
  const accepted = await call("POST", "/invitations/acceptances", {
    body: { token, name: email.split("@")[0], password },
  })
  expect(accepted.status).toBe(201)
  return { id: accepted.body.user.id, cookie: accepted.cookie, email }
}

describe("set-up", () => {
  test("only the code of the console opens it, and only once", async () => {
    expect((await call("GET", "/setup")).body).toEqual({ open: true })
    expect(await call("POST", "/setup", { body: setupBody({ code: "a guess" }) })).toMatchObject({
      status: 403,
      body: { code: "setup_code_wrong" },
    })
    expect(
      await call("POST", "/setup", {
        body: setupBody({
          organization: { name: "", timeZone: "Mars/Base", country: "USA" },
          user: { name: "J", email: "x", password: "short" },
        }),
      }),
    ).toMatchObject({
      status: 422,
      body: {
        errors: [
          { pointer: "#/organization/name", code: "required" },
          { pointer: "#/organization/timeZone", code: "not_in_list" },
          { pointer: "#/organization/country" },
          { pointer: "#/user/email", code: "pattern" },
          { pointer: "#/user/password", code: "too_short" },
        ],
      },
    })
    const [first, second] = await Promise.all([
      call("POST", "/setup", { body: setupBody({}) }),
      call("POST", "/setup", { body: setupBody({}) }),
    ])
    expect([first.status, second.status].toSorted()).toEqual([201, 409])
    const won = first.status === 201 ? first : second
    expect(won.body.user).toMatchObject({
      email: "jordan@retale.com",
      roles: ["administrator", "operator", "agent"],
      status: "active",
    })
    expect(won.setCookie).toMatch(
      /^switchboard\.session_token=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    jordan = won.cookie
    jordanId = won.body.user.id
    expect(told).toContain("organization")
    expect(told).toContain(`ensure ${jordanId}`)
    expect((await call("GET", "/setup")).body).toEqual({ open: false })
    expect((await call("POST", "/setup", { body: setupBody({}) })).body.code).toBe("setup_closed")
    expect(await openSetup(ground.store)).toBeNull()
    inboxId = newId()
    const orgId = won.body.organization.id
    await ground.db
      .insertInto("inboxes")
      .values({ orgId, id: inboxId, name: "Billing", slaMinutesText: "60", slaSeconds: 3600 })
      .execute()
  })

  test("five tries an hour", async () => {
    const answers = []
    for (let n = 0; n < 6; n++)
      answers.push(await call("POST", "/setup", { on: strict, ip: "10.9.9.9", body: setupBody({ code: "a guess" }) }))
    expect(answers.map((answer) => answer.body.code)).toEqual([...Array(5).fill("setup_code_wrong"), "too_many_tries"])
    expect(Number(answers[5]?.headers["retry-after"])).toBeGreaterThan(3_000)
  })

  test("the operator's link completes its own organization, once, whoever else exists", async () => {
    const operator = { key: "operator-token" }
    expect((await call("POST", "/organizations", { key: "wrong", body: {} })).status).toBe(401)
    const made = await call("POST", "/organizations", {
      ...operator,
      body: { name: "Other", timeZone: "UTC", administratorEmail: "o@other.com" },
    })
    const link = String(made.body.setupLink)
    expect(link).toMatch(/^http:\/\/desk\.example\/setup#code=/)
    const theirs = link.split("#code=")[1]
    const body = setupBody({
      code: theirs,
      organization: { name: "Other Ltd", timeZone: "Europe/Berlin", country: "de" },
      user: { name: "Olga", email: "olga@other.com", password },
    })
    const completed = await call("POST", "/setup", { body })
    expect(completed).toMatchObject({
      status: 201,
      body: { organization: { id: made.body.id, name: "Other Ltd", timeZone: "Europe/Berlin", country: "DE" } },
    })
    expect((await call("POST", "/setup", { body })).status).toBe(403)
    expect((await call("GET", "/users", { as: completed.cookie })).body.items).toHaveLength(1)
    expect((await call("GET", `/users/${jordanId}`, { as: completed.cookie })).status).toBe(404)
    expect(
      (await call("DELETE", `/organizations/${made.body.id}`, { ...operator, body: { name: "Other" } })).status,
    ).toBe(422)
    expect(
      (await call("DELETE", `/organizations/${made.body.id}`, { ...operator, body: { name: "Other Ltd" } })).status,
    ).toBe(204)
    expect((await call("GET", "/me", { as: completed.cookie })).status).toBe(401)
  })
})

describe("signing in", () => {
  test("a new token each time, the same words for an unknown address, and the session ends with sign-out", async () => {
    const first = await call("POST", "/session", { body: { email: " JORDAN@retale.com ", password } })
    expect(first).toMatchObject({
      status: 201,
      body: { user: { name: "Jordan" }, actions: expect.arrayContaining(["entryPoint.edit"]) },
    })
    const second = await call("POST", "/session", { as: first.cookie, body: { email: "jordan@retale.com", password } })
    expect(second.cookie).not.toBe(first.cookie)
    expect((await call("GET", "/me", { as: first.cookie })).status).toBe(401)
    const wrong = await call("POST", "/session", { body: { email: "jordan@retale.com", password: "wrong" } })
    const unknown = await call("POST", "/session", { body: { email: "nobody@retale.com", password: "wrong" } })
    expect(wrong.status).toBe(401)
    expect({ ...wrong.body, requestId: "" }).toEqual({ ...unknown.body, requestId: "" })
    expect((await call("DELETE", "/session", { as: second.cookie })).status).toBe(204)
    expect((await call("GET", "/me", { as: second.cookie })).status).toBe(401)
    const stored = await ground.db.selectFrom("sessions").select("tokenHash").execute()
    expect(stored.some((row) => first.cookie.includes(row.tokenHash))).toBe(false)
  })

  test("an unknown address takes as long as a wrong password", async () => {
    const time = async (email: string) => {
      const began = performance.now()
      await call("POST", "/session", { body: { email, password: "wrong" } })
      return performance.now() - began
    }
    await time("warm@retale.com")
    // In turn, so that what else runs on the machine slows both.
    let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let n = 0; n < 6; n++) {
      known = Math.min(known, await time("jordan@retale.com"))
      unknown = Math.min(unknown, await time("nobody@retale.com"))
    }
    expect(unknown / known).toBeGreaterThan(0.4)
    expect(unknown / known).toBeLessThan(2.5)
  })

  test("reliability 45 ten tries per account; forged addresses do not help; who is signed in from there is not locked out", async () => {
    const ana = await someone("ana@retale.com", ["agent"])
    const attempt = (n: number, ip: string) =>
      call("POST", "/session", {
        on: strict,
        ip,
        headers: { "x-forwarded-for": `1.2.3.${n}` },
        body: { email: ana.email, password: "wrong" },
      })
    const answers = []
    for (let n = 0; n < 11; n++) answers.push(await attempt(n, `10.1.0.${n}`))
    expect(answers.slice(0, 10).every((answer) => answer.status === 401)).toBe(true)
    expect(answers[10]).toMatchObject({ status: 429, body: { code: "too_many_tries" } })
    const right = { email: ana.email, password }
    expect((await call("POST", "/session", { on: strict, ip: "10.1.0.50", body: right })).status).toBe(429)
    expect((await call("POST", "/session", { on: strict, ip: "10.0.0.1", body: right })).status).toBe(201)
    expect(
      (await call("POST", "/session", { on: strict, ip: "10.1.0.50", body: { email: "jordan@retale.com", password } }))
        .status,
    ).toBe(201)
  })

  test("reliability 45 who signs in is no try: an office behind one address is not locked out at the hour when it begins", async () => {
    const ip = "10.7.0.1"
    await sql`INSERT INTO rate_limits (policy, subject, window_start, used) VALUES ('sign_in_address', ${ip}, now(), 98)`.execute(
      ground.db,
    )
    const attempt = async (given: string) =>
      (await call("POST", "/session", { on: strict, ip, body: { email: "jordan@retale.com", password: given } })).status
    for (let n = 0; n < 5; n++) expect(await attempt(password)).toBe(201)
    expect([await attempt("wrong"), await attempt("wrong"), await attempt("wrong")]).toEqual([401, 401, 429])
  })

  test("sessions end after 12 h idle and after 30 days, whatever happens", async () => {
    const { id, cookie } = await someone("idle@retale.com", ["agent"])
    const { db } = ground
    await db
      .updateTable("sessions")
      .set({ seenAt: new Date(Date.now() - 12.1 * 3_600_000) })
      .where("userId", "=", id)
      .execute()
    expect((await call("GET", "/me", { as: cookie })).status).toBe(401)
    await db.updateTable("sessions").set({ seenAt: new Date() }).where("userId", "=", id).execute()
    expect((await call("GET", "/me", { as: cookie })).status).toBe(200)
    await db
      .updateTable("sessions")
      .set({ endsAt: new Date(Date.now() - 1_000) })
      .where("userId", "=", id)
      .execute()
    expect((await call("GET", "/me", { as: cookie })).status).toBe(401)
  })
})

describe("passwords", () => {
  test("a reset's link works once, ends all sessions, and says nothing of unknown addresses", async () => {
    const cleo = await someone("cleo@retale.com", ["agent"])
    mails.length = 0
    const began = performance.now()
    expect((await call("POST", "/password-resets", { body: { email: "nobody@retale.com" } })).status).toBe(202)
    // As long as for somebody who is there: no link is written that fast.
    expect(performance.now() - began).toBeGreaterThan(140)
    expect(mails).toHaveLength(0)
    expect((await call("POST", "/password-resets", { body: { email: cleo.email } })).status).toBe(202)
    const token = mails[0]?.text.match(/#token=([\w-]+)/)?.[1]
    const takers = await Promise.all(
      [1, 2, 3, 4].map(() => call("POST", "/passwords", { body: { token, password: "another long password" } })),
    )
    expect(takers.map((taker) => taker.status).toSorted()).toEqual([204, 422, 422, 422])
    expect(takers.find((taker) => taker.status === 422)?.body.errors).toMatchObject([
      { pointer: "#/token", code: "token_invalid" },
    ])
    expect((await call("GET", "/me", { as: cleo.cookie })).status).toBe(401)
    expect((await call("POST", "/session", { body: { email: cleo.email, password } })).status).toBe(401)
    expect(
      (await call("POST", "/session", { body: { email: cleo.email, password: "another long password" } })).status,
    ).toBe(201)
  })

  test("reliability 46 changing it ends the other sessions, not this one", async () => {
    const dora = await someone("dora@retale.com", ["agent"])
    const other = await call("POST", "/session", { body: { email: dora.email, password } })
    expect((await call("GET", "/me/sessions", { as: dora.cookie })).body.items).toHaveLength(2)
    const put = (currentPassword: string) =>
      call("PUT", "/me/password", { as: dora.cookie, body: { currentPassword, password: "another long password" } })
    expect((await put("wrong")).body.errors).toMatchObject([
      { pointer: "#/currentPassword", code: "confirmation_wrong" },
    ])
    expect((await put(password)).status).toBe(204)
    expect((await call("GET", "/me", { as: dora.cookie })).status).toBe(200)
    expect((await call("GET", "/me", { as: other.cookie })).status).toBe(401)
  })
})

describe("people", () => {
  test("an invitation is sent by mail, works once, and is renewed and withdrawn", async () => {
    mails.length = 0
    const made = await call("POST", "/invitations", {
      as: jordan,
      body: { emails: ["Ben@Retale.com", "fay@retale.com"], roles: ["agent"], inboxIds: [inboxId] },
    })
    expect(made.status).toBe(201)
    const [ben, fay] = made.body.items
    expect(ben).toMatchObject({
      email: "ben@retale.com",
      link: expect.stringMatching(/^http:\/\/desk\.example\/invitation#token=/),
    })
    expect(mails.map((mail) => mail.to)).toEqual(["ben@retale.com", "fay@retale.com"])
    expect((await call("GET", "/users?status=invited", { as: jordan })).body.items).toMatchObject([
      { email: "ben@retale.com", inboxIds: [inboxId] },
      { email: "fay@retale.com" },
    ])
    expect(
      await call("POST", "/invitations", {
        as: jordan,
        body: { emails: ["new@retale.com", "ben@retale.com", "jordan@retale.com"], roles: ["agent"] },
      }),
    ).toMatchObject({
      status: 409,
      body: {
        code: "already_user",
        errors: [
          { pointer: "#/emails/1", detail: expect.stringMatching(/^ben@retale.com is invited already/) },
          { pointer: "#/emails/2", detail: expect.stringMatching(/has an account already/) },
        ],
      },
    })
    expect((await call("GET", "/users?q=new@", { as: jordan })).body.items).toEqual([])
    expect(
      (
        await call("POST", "/invitations", {
          as: jordan,
          body: { emails: ["x@retale.com"], roles: ["analyst"], inboxIds: [inboxId] },
        })
      ).body.errors,
    ).toMatchObject([{ pointer: "#/inboxIds", code: "not_an_agent" }])
    expect(
      (
        await call("POST", "/invitations", {
          as: jordan,
          body: { emails: ["x@retale.com"], roles: ["agent"], inboxIds: [newId()] },
        })
      ).body.errors,
    ).toMatchObject([{ pointer: "#/inboxIds/0", code: "unknown_reference" }])

    const renewed = await call("POST", `/invitations/${ben.id}/renewals`, { as: jordan })
    const token = (link: string) => link.split("#token=")[1]
    const accept = (link: string) =>
      call("POST", "/invitations/acceptances", { body: { token: token(link), name: "Ben", password } })
    expect((await accept(ben.link)).body.errors).toMatchObject([{ pointer: "#/token", code: "token_invalid" }])
    const takers = await Promise.all([1, 2, 3, 4].map(() => accept(renewed.body.link)))
    expect(takers.map((taker) => taker.status).toSorted()).toEqual([201, 422, 422, 422])
    const user = takers.find((taker) => taker.status === 201)?.body.user
    expect(user).toMatchObject({ id: ben.id, name: "Ben", status: "active", inboxIds: [inboxId] })
    expect(told).toContain(`ensure ${ben.id}`)

    expect((await call("DELETE", `/invitations/${fay.id}`, { as: jordan })).status).toBe(204)
    expect((await accept(fay.link)).status).toBe(422)
    expect((await call("DELETE", `/invitations/${fay.id}`, { as: jordan })).status).toBe(404)
    expect(
      (await call("POST", "/invitations", { as: jordan, body: { emails: ["fay@retale.com"], roles: ["agent"] } }))
        .status,
    ).toBe(201)
  })

  test("an invitation older than a day is refused", async () => {
    const made = await call("POST", "/invitations", {
      as: jordan,
      body: { emails: ["late@retale.com"], roles: ["agent"] },
    })
    await ground.db
      .updateTable("oneTimeTokens")
      .set({ endsAt: new Date(Date.now() - 1000) })
      .where("userId", "=", made.body.items[0].id)
      .execute()
    const token = String(made.body.items[0].link).split("#token=")[1]
    expect((await call("POST", "/invitations/acceptances", { body: { token, name: "Late", password } })).status).toBe(
      422,
    )
  })

  test("reliability 46 S51 a change of roles ends the sessions and tells the agents' part", async () => {
    const gil = await someone("gil@retale.com", ["agent"], [inboxId])
    ended.length = 0
    const { body, headers } = await call("GET", `/users/${gil.id}`, { as: jordan })
    expect(
      (await call("PATCH", `/users/${gil.id}`, { as: gil.cookie, body: { roles: ["administrator"] } })).body,
    ).toMatchObject({ code: "not_permitted", action: "user.edit", requiredRoles: ["administrator"] })
    expect((await call("PATCH", `/users/${gil.id}`, { as: jordan, body: { roles: ["analyst"] } })).status).toBe(428)
    const patch = (change: object) =>
      call("PATCH", `/users/${gil.id}`, { as: jordan, headers: { "if-match": String(headers.etag) }, body: change })
    expect((await patch({ roles: ["task_user", "liveboards_only"] })).body.errors).toMatchObject([
      { pointer: "#/roles", code: "role_combination" },
    ])
    expect((await patch({ roles: ["king"] })).body.errors).toMatchObject([
      { pointer: "#/roles/0", code: "not_in_list" },
    ])
    expect((await patch({ capacity: { standard: 5, maximum: 2 } })).body.errors).toMatchObject([
      { pointer: "#/capacity/standard", code: "capacity_order" },
    ])
    expect((await patch({ teamIds: [newId()] })).body.errors).toMatchObject([
      { pointer: "#/teamIds/0", code: "unknown_reference" },
    ])
    const changed = await patch({ roles: ["analyst"] })
    expect(changed).toMatchObject({
      status: 200,
      body: { roles: ["analyst"], inboxIds: [], version: body.version + 1 },
    })
    expect((await call("GET", "/me", { as: gil.cookie })).status).toBe(401)
    expect(ended).toMatchObject([{ userId: gil.id }])
    expect(told).toContain(`role ${gil.id} false`)
    expect((await patch({ name: "Gilbert" })).body).toMatchObject({
      code: "version_conflict",
      currentVersion: body.version + 1,
      changedBy: { id: jordanId, name: "Jordan" },
    })
  })

  test("reliability 46 deactivation ends sessions and open sockets at once, keys lose everything, repeats do nothing", async () => {
    const hana = await someone("hana@retale.com", ["administrator"])
    const key = (await call("POST", "/api-keys", { as: hana.cookie, body: { name: "k", roles: ["administrator"] } }))
      .body.key
    expect((await call("GET", "/users", { key })).status).toBe(200)
    ended.length = 0
    const events = async () =>
      (await call("GET", "/events?types=user.*&limit=1000", { key: await jordansKey() })).body.items.length
    const put = () => call("PUT", `/users/${hana.id}/deactivation`, { as: jordan })
    expect((await put()).body.status).toBe("deactivated")
    const before = await events()
    expect((await put()).status).toBe(200)
    expect(await events()).toBe(before)
    expect((await call("GET", "/me", { as: hana.cookie })).status).toBe(401)
    expect((await call("POST", "/session", { body: { email: hana.email, password } })).body.code).toBe(
      "credentials_wrong",
    )
    expect((await call("GET", "/users", { key })).status).toBe(403)
    expect(ended).toMatchObject([{ userId: hana.id }])
    expect(told).toContain(`deactivated ${hana.id}`)
    expect((await call("DELETE", `/users/${hana.id}/deactivation`, { as: jordan })).body.status).toBe("active")
    expect((await call("POST", "/session", { body: { email: hana.email, password } })).status).toBe(201)
  })

  test("the last Administrator stays, even when two step down at once", async () => {
    const version = async (id: string) => String((await call("GET", `/users/${id}`, { as: jordan })).headers.etag)
    const everyone = await call("GET", "/users?role=administrator&status=active", { as: jordan })
    for (const user of everyone.body.items)
      if (user.id !== jordanId) await call("PUT", `/users/${user.id}/deactivation`, { as: jordan })
    expect((await call("PUT", `/users/${jordanId}/deactivation`, { as: jordan })).body.code).toBe("last_administrator")
    expect(
      (
        await call("PATCH", `/users/${jordanId}`, {
          as: jordan,
          headers: { "if-match": await version(jordanId) },
          body: { roles: ["agent"] },
        })
      ).body.code,
    ).toBe("last_administrator")
    const second = await someone("second@retale.com", ["administrator"])
    const both = await Promise.all([
      call("PUT", `/users/${jordanId}/deactivation`, { as: second.cookie }),
      call("PUT", `/users/${second.id}/deactivation`, { as: jordan }),
    ])
    expect(both.map((answer) => answer.status).toSorted()).not.toEqual([200, 200])
    const active = await ground.db.selectFrom("users").select(["id", "roles"]).where("status", "=", "active").execute()
    const left = active.filter((row) => row.roles.includes("administrator")).map((row) => row.id)
    expect(left).toHaveLength(1)
    if (left[0] !== jordanId) {
      await call("DELETE", `/users/${jordanId}/deactivation`, { as: second.cookie })
      jordan = (await call("POST", "/session", { body: { email: "jordan@retale.com", password } })).cookie
    }
  })
})

let madeKey = ""
async function jordansKey(): Promise<string> {
  madeKey ||= (
    await call("POST", "/api-keys", { as: jordan, body: { name: "demo", roles: ["administrator", "developer"] } })
  ).body.key
  return madeKey
}

describe("keys, events, audit", () => {
  test("a key is shown once, also by a replay, and dies with its revocation", async () => {
    const headers = { "idempotency-key": "key-of-tests-1" }
    const made = await call("POST", "/api-keys", { as: jordan, headers, body: { name: "shop", roles: ["developer"] } })
    expect(made.body.key).toMatch(/^sb_live_[0-9a-z]{8}_[0-9A-Za-z]{40}$/)
    expect(
      (await call("POST", "/api-keys", { as: jordan, headers, body: { name: "shop", roles: ["developer"] } })).body.key,
    ).toBe(made.body.key)
    const kept = await ground.db.selectFrom("idempotencyKeys").select("answer").execute()
    expect(kept.some((row) => row.answer?.includes("sb_live"))).toBe(false)
    const listed = (await call("GET", "/api-keys", { as: jordan })).body.items.find(
      (one: { id: string }) => one.id === made.body.id,
    )
    expect(listed).toMatchObject({ prefix: made.body.prefix, createdBy: { id: jordanId } })
    expect(listed.key).toBeUndefined()
    expect((await call("GET", "/me", { key: made.body.key })).body).toMatchObject({
      user: { type: "api_key", name: "shop" },
      roles: ["developer"],
      availability: null,
    })
    expect((await call("PUT", "/users/me/deactivation", { key: made.body.key })).status).toBe(403)
    expect((await call("DELETE", `/api-keys/${made.body.id}`, { as: jordan })).status).toBe(204)
    expect((await call("GET", "/me", { key: made.body.key })).status).toBe(401)
    expect(
      (
        await call("POST", "/api-keys", {
          as: jordan,
          body: { name: "old", roles: ["agent"], endsAt: "2020-01-01T00:00:00Z" },
        })
      ).body.errors,
    ).toMatchObject([{ pointer: "#/endsAt", code: "in_past" }])
  })

  test("events come in order, wait until something happens, and are told as lines", async () => {
    const key = await jordansKey()
    const first = (await call("GET", "/events?limit=3", { key })).body
    expect(first.items.map((one: { position: number }) => one.position)).toEqual([1, 2, 3])
    const { position } = (await call("GET", "/events?limit=1000", { key })).body
    const waiting = call("GET", `/events?after=${position}&wait=10`, { key })
    await someone("ivy@retale.com", ["agent"])
    expect((await waiting).body.items[0]).toMatchObject({
      type: "user.added",
      position: position + 1,
      actor: { name: "Jordan", type: "user" },
    })
    const lines = await server.app.inject({
      method: "GET",
      url: "/api/events?limit=2",
      headers: { authorization: `Bearer ${key}`, accept: "application/jsonl" },
    })
    expect(
      lines.body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).position),
    ).toEqual([1, 2])
    const began = performance.now()
    expect((await call("GET", `/events?after=${position + 100}&wait=1`, { key })).body.items).toEqual([])
    expect(performance.now() - began).toBeGreaterThan(900)
    expect(
      (await call("GET", "/events", { as: (await someone("kim@retale.com", ["agent"])).cookie })).body.action,
    ).toBe("event.read")
  })

  test("the audit trail tells who changed what, page by page and as CSV", async () => {
    const page = (await call("GET", "/audit-entries?entityType=user&action=updated&limit=2", { as: jordan })).body
    expect(page.items).toHaveLength(2)
    expect(page.items[0]).toMatchObject({
      actor: { name: expect.any(String) },
      action: "updated",
      before: { version: expect.any(Number) },
      after: { version: expect.any(Number) },
      requestId: expect.any(String),
    })
    const next = (
      await call("GET", `/audit-entries?entityType=user&action=updated&limit=2&cursor=${page.nextCursor}`, {
        as: jordan,
      })
    ).body
    expect(next.items[0].id < page.items[1].id).toBe(true)
    const csv = await server.app.inject({
      method: "GET",
      url: "/api/audit-entries?q=jordan",
      headers: { cookie: jordan, accept: "text/csv" },
    })
    expect(csv.body.split("\r\n")[0]).toBe("id,at,actor,entityType,entityId,entityName,action,before,after,requestId")
    expect(csv.body).not.toContain("argon2")
  })

  test("S80 the permissions by role are the table itself", async () => {
    const { body } = await call("GET", "/permissions", { as: jordan })
    expect(body.actions.find((one: { action: string }) => one.action === "entryPoint.edit")).toMatchObject({
      roles: ["administrator"],
    })
    expect(body.actions.find((one: { action: string }) => one.action === "conversation.work").ownOnly).toEqual([
      "agent",
    ])
    expect((await call("GET", "/roles", { as: jordan })).body.items).toHaveLength(7)
  })

  test("the organization is edited with a version, and the fallback Inbox must be there", async () => {
    const { body, headers } = await call("GET", "/organization", { as: jordan })
    const patch = (change: object, etag = String(headers.etag)) =>
      call("PATCH", "/organization", { as: jordan, headers: { "if-match": etag }, body: change })
    expect((await patch({ fallbackInboxId: newId() })).body.errors).toMatchObject([
      { pointer: "#/fallbackInboxId", code: "unknown_reference" },
    ])
    expect(await patch({ fallbackInboxId: inboxId, retentionDays: { messages: 30 } })).toMatchObject({
      status: 200,
      body: {
        fallbackInboxId: inboxId,
        retentionDays: { recordings: null, messages: 30 },
        name: "Retale",
        version: body.version + 1,
      },
    })
    expect((await patch({ name: "x" })).status).toBe(412)
    expect(
      (
        await call("PATCH", "/organization", {
          as: jordan,
          headers: { "if-match": "*" },
          body: { ...body, version: 1, orgId: "x" },
        })
      ).body.code,
    ).toBe("unknown_field")
  })

  test("preferences and the bell are one's own", async () => {
    expect((await call("GET", "/me/preferences", { as: jordan })).body).toEqual({
      theme: "system",
      language: "en",
      sounds: true,
      shortcuts: true,
      undoSeconds: 5,
    })
    expect((await call("PATCH", "/me/preferences", { as: jordan, body: { undoSeconds: 31 } })).status).toBe(422)
    expect((await call("PATCH", "/me/preferences", { as: jordan, body: { theme: "dark" } })).body).toMatchObject({
      theme: "dark",
      undoSeconds: 5,
    })
    const { id: orgId } = (await call("GET", "/organization", { as: jordan })).body
    const ids = [newId(), newId(), newId()]
    for (const id of ids)
      await ground.db
        .insertInto("notifications")
        .values({ orgId, id, userId: jordanId, kind: "assigned", at: new Date() })
        .execute()
    expect(
      (await call("GET", "/notifications?unread&limit=2", { as: jordan })).body.items.map(
        (one: { id: string }) => one.id,
      ),
    ).toEqual([ids[2], ids[1]])
    expect((await call("PUT", `/notifications/${ids[0]}/read-mark`, { as: jordan })).body.readAt).toBeTruthy()
    expect((await call("PUT", "/notifications/read-mark", { as: jordan, body: { upToId: ids[1] } })).body).toEqual({
      unread: 1,
    })
    expect((await call("PUT", `/notifications/${newId()}/read-mark`, { as: jordan })).status).toBe(404)
  })

  test("the operator sees how the server is, an agent does not", async () => {
    const { body } = await call("GET", "/system", { as: jordan })
    expect(body).toMatchObject({
      version: "0",
      database: {
        version: expect.stringMatching(/^18/),
        sizeBytes: expect.any(Number),
        connections: expect.any(Number),
      },
      mail: { sends: false, queued: 0 },
      jobs: { ready: 0, failed: 0 },
      parked: 0,
      lease: null,
    })
    expect(body.disk.freeBytes).toBeGreaterThan(0)
    expect((await call("GET", "/system", { as: (await someone("lea@retale.com", ["agent"])).cookie })).status).toBe(403)
  })
})
