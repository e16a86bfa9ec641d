import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { type Action, rolesWith } from "../core/permissions.ts"
import type { Authenticator, Caller } from "../identity/authenticate.ts"
import { actorOf, type Principal } from "../identity/principal.ts"
import { problem } from "../problem.ts"
import type { Actor, Store, Tx } from "../store/write.ts"
import { systemActor } from "../store/write.ts"
import { Answer, Raw } from "./answer.ts"
import { pageOf } from "./cursor.ts"
import { etagOf, matchesNone, readIfMatch } from "./etag.ts"
import { type Idempotency, type Once, readIdempotencyKey } from "./idempotency.ts"
import { type RawInput, readInput, refuseUnreadable } from "./input.ts"
import { parseJson } from "./json.ts"
import { refuseForeign } from "./origin.ts"
import { keyPolicy, orgPolicy, quotaHeaders, type RateLimiter, refuseExceeded, userPolicy } from "./rate-limit.ts"
import type { Context, Method, Route } from "./route.ts"
import type { StoreWatch } from "./store-watch.ts"

export type Door = {
  store: Store
  authenticator: Authenticator
  idempotency: Idempotency
  limiter: RateLimiter
  watch: StoreWatch
  publicUrl: string
}

const callers = new WeakMap<FastifyRequest, Caller>()
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const bodyBytesMax = 1_048_576

/**
 * Puts a route on the server. The order of judgement (api.md 1): 401; 429; 403 by origin, then by role × action, before
 * anything is loaded; then the body is taken in: 415, 413; 400; 428; 422; and only then the handler.
 */
export function mountRoute(app: FastifyInstance, door: Door, route: Route): void {
  app.route({
    method: route.method,
    url: `/api${route.path}`,
    bodyLimit: route.limits?.bodyBytes ?? bodyBytesMax,
    onRequest: (request, reply) => door.watch.guard(admit(door, route, request, reply)),
    preParsing: async (request, _reply, payload) => {
      refuseType(route, request)
      return payload
    },
    handler: (request, reply) => door.watch.guard(answer(door, route, request, reply)),
  })
}

/** What later parts of the contract bring to a path that stands already is as little there as their own paths. */
const comesLater: readonly string[] = ["POST /roles"]

/** 405 with `Allow` for the other methods of each path, and 204 for OPTIONS. */
export function mountOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"]
  const paths = new Set(routes.map((route) => route.path))
  for (const path of paths) {
    const serving = (method: Method) => routes.some((route) => route.method === method && covers(route.path, path))
    const allowed: string[] = methods.filter(serving)
    const allow = [...allowed, ...(allowed.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ")
    const others = methods.filter((method) => !serving(method))
    if (others.length > 0) {
      app.route({
        method: others,
        url: `/api${path}`,
        handler: async (request, reply) => {
          if (comesLater.includes(`${request.method} ${path}`)) throw problem("route_not_found")
          reply.header("allow", allow)
          throw problem("method_not_allowed")
        },
      })
    }
    app.options(`/api${path}`, async (_request, reply) => reply.code(204).header("allow", allow).send())
  }
}

/** Whether the pattern takes the path, a name standing for anything. */
function covers(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")]
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(":") || part === given[index])
}

async function admit(door: Door, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (route.action === "public") return
  if (route.action === "operator") {
    if (!door.authenticator.isOperator(request.headers)) throw problem("not_authenticated")
    return
  }
  const caller = await door.authenticator.callerOf(request.headers)
  if (!caller) throw problem("not_authenticated")
  callers.set(request, caller)
  const { principal } = caller
  const quota = door.limiter.take(principal.type === "user" ? userPolicy : keyPolicy, principal.id)
  if (quota) reply.headers(quotaHeaders(quota))
  refuseExceeded(quota)
  refuseExceeded(door.limiter.take(orgPolicy, principal.orgId))
  if (caller.by === "cookie") refuseForeign(request.method, request.headers, door.publicUrl)
  const action = actionOf(route, principal, request)
  if (action !== null && !principal.can(action))
    throw problem("not_permitted", { action, requiredRoles: rolesWith(action) })
}

function actionOf(route: Route, principal: Principal, request: FastifyRequest): Action | null {
  if (typeof route.action === "object") {
    const id = paramsOf(request).id
    return id === "me" || (id !== undefined && id === principal.userId) ? route.action.me : route.action.others
  }
  return route.action === "signed_in" || route.action === "public" || route.action === "operator" ? null : route.action
}

function refuseType(route: Route, request: FastifyRequest): void {
  const {
    "content-length": length,
    "transfer-encoding": encoding,
    "content-type": type = "",
    "content-encoding": packed,
  } = request.headers
  if (encoding === undefined && (length === undefined || length === "0")) return
  if (packed !== undefined && packed !== "identity")
    throw problem("type_not_supported", {}, "Send the body without Content-Encoding.")
  const essence = type.split(";")[0]?.trim().toLowerCase() ?? ""
  const fits = route.accepts
    ? route.accepts.includes(essence)
    : jsonType.test(type) || essence === "application/merge-patch+json"
  if (!fits) throw problem("type_not_supported", {}, `Send ${route.accepts?.join(" or ") ?? "application/json"}.`)
}

async function answer(door: Door, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const path = request.url.split("?")[0] ?? ""
  const rawInput: RawInput = {
    params: paramsOf(request),
    query: request.query as Record<string, unknown>,
    body: route.accepts ? undefined : readJson(request.body),
    path,
  }
  refuseUnreadable(route, rawInput)
  const key = route.idempotent ? readIdempotencyKey(request.headers["idempotency-key"]) : null
  const ifMatch = readIfMatch(request.headers["if-match"])
  if (route.versioned && ifMatch === null) throw problem("precondition_required")
  const input = readInput(route, rawInput)
  refuseAccept(route, request.headers.accept)
  const caller = callers.get(request)
  const handle = (once: Once | null) =>
    route.handle(contextOf(door, route, request, caller?.principal, input, ifMatch ?? "*", rawInput, once))
  const run = input.list.after === null ? handle : (once: Once | null) => handle(once).catch(refuseForgedCursor)
  const given =
    key !== null && caller
      ? await door.idempotency.run(
          { principal: caller.principal, method: route.method, path, key, body: rawInput.body ?? lengthOf(request) },
          run,
        )
      : await run(null)
  return send(route, request, reply, given)
}

const everyTypes = ["*/*", "application/*", "application/json", "application/problem+json"]

/** 406 where nothing that is asked for can be given. Files have a type of their own and are not asked. */
function refuseAccept(route: Route, accept: string | undefined): void {
  const givesJson = Object.entries(route.answers).some(([status, schema]) => Number(status) < 300 && schema !== null)
  if (accept === undefined || accept.trim() === "" || !givesJson) return
  const asked = accept.split(",").map((part) => part.trim().toLowerCase())
  const fits = asked.some((part) => {
    const [type = "", ...params] = part.split(";").map((one) => one.trim())
    return !params.some((one) => /^q=0(\.0*)?$/.test(one)) && [...everyTypes, ...(route.produces ?? [])].includes(type)
  })
  if (!fits) throw problem("not_acceptable")
}

/** Nobody but us makes cursors: values of one that the database or a date cannot read are somebody else's. */
function refuseForgedCursor(error: unknown): never {
  const unreadable =
    error instanceof RangeError || (error instanceof Error && "code" in error && /^22/.test(String(error.code)))
  throw unreadable ? problem("cursor_invalid") : error
}

function contextOf(
  door: Door,
  route: Route,
  request: FastifyRequest,
  principal: Principal | undefined,
  input: ReturnType<typeof readInput>,
  ifMatch: Context<unknown, unknown, unknown>["ifMatch"],
  rawInput: RawInput,
  once: Once | null,
): Context<unknown, unknown, unknown> {
  const actor: Actor = principal ? actorOf(principal) : systemActor
  const known = (): Principal => {
    if (!principal) throw new Error(`${route.method} ${route.path} has no principal`)
    return principal
  }
  // A handler may keep its answer itself; a transaction that is tried again is another one.
  const keptIn = new WeakSet<object>()
  const keep = async (tx: Pick<Tx, "db">, result: Answer) => {
    if (!once || result.status >= 300 || keptIn.has(tx)) return
    keptIn.add(tx)
    await once.keep(tx, result)
  }
  return {
    ...input,
    get principal() {
      return known()
    },
    actor,
    requestId: request.id,
    ifMatch,
    now: door.store.clock.now(),
    request,
    get by() {
      return { orgId: known().orgId, actor, requestId: request.id }
    },
    write: (work, kind = "act") =>
      door.store.write({ orgId: known().orgId, kind, actor, requestId: request.id }, async (tx) => {
        const result = await work(tx)
        if (result instanceof Answer) await keep(tx, result)
        return result
      }),
    keep,
    page: (rows, keyOf, show) => pageOf(rawInput, input.list.limit, rows, keyOf, show),
  }
}

function send(route: Route, request: FastifyRequest, reply: FastifyReply, given: Answer): FastifyReply {
  reply.code(given.status).headers(given.headers)
  const { body } = given
  if (body instanceof Raw) return reply.type(body.type).send(body.content)
  const version = (body as { version?: unknown } | null | undefined)?.version
  if (typeof version === "number" && given.status < 300 && !given.headers.etag) {
    reply.header("etag", etagOf(version))
    if (route.method === "GET" && matchesNone(request.headers["if-none-match"], etagOf(version)))
      return reply.code(304).send()
  }
  if (given.status === 204 || body === null || body === undefined) return reply.send()
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body))
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

function readJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw problem("body_malformed", {}, "The body is not UTF-8.")
  }
  return parseJson(text)
}

function paramsOf(request: FastifyRequest): Record<string, string> {
  return request.params as Record<string, string>
}

/** What stands for the body of an upload, which is not held: its length and form. */
function lengthOf(request: FastifyRequest): unknown {
  return { length: request.headers["content-length"] ?? null }
}
