import fastifyMultipart from "@fastify/multipart"
import fastifyStatic from "@fastify/static"
import fastifyWebsocket from "@fastify/websocket"
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify"
import type { WebSocket } from "ws"
import { newId } from "../ids.ts"
import type { Keys } from "../keys.ts"
import { problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import type { Authenticator } from "../identity/authenticate.ts"
import type { Principal } from "../identity/principal.ts"
import { Idempotency } from "./idempotency.ts"
import { describe } from "./openapi.ts"
import { docsPage, problemsPage, styleHash } from "./docs-pages.ts"
import { mountOtherMethods, mountRoute } from "./mount.ts"
import { isOwnHost } from "./origin.ts"
import { sendProblem, toProblem, uploadBytesMax } from "./problem-answer.ts"
import { RateLimiter } from "./rate-limit.ts"
import type { Route } from "./route.ts"
import { StoreWatch } from "./store-watch.ts"
import { webFiles } from "./web-files.ts"

export type Log = {
  info(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

export type ServerDeps = {
  config: {
    publicUrl: string
    apiAllowedOrigins: readonly string[]
    rateLimitFactor: number
    trustProxy: boolean | number | string[]
  }
  store: Store
  keys: Keys
  authenticator: Authenticator
  version: string
  /** Rejects or hangs while the database does not answer; on a connection of its own. */
  probe: () => Promise<unknown>
  /** Each says why no work can be accepted, or null. */
  readiness: readonly (() => Promise<string | null> | string | null)[]
  metrics: () => Promise<string>
  /** The built pages; null where there are none. */
  webDir: string | null
  log?: Log
  /** After each answer: which route, how it ended, how long it took. */
  onAnswered?: (answered: { method: string; path: string; status: number; seconds: number; requestId: string }) => void
}

/** A way in from outside with bodies and answers of its own: hooks, the widget. Mounted in a scope of its own. */
export type RawRoutes = (app: FastifyInstance) => void | Promise<void>

export type Upgrade<Who> = {
  /** The subprotocol that is spoken. */
  protocol: string
  /** Before the upgrade; what it throws is answered as a problem. */
  authenticate(request: FastifyRequest): Promise<Who>
  handler(socket: WebSocket, who: Who, request: FastifyRequest): void
}

export interface HttpServer {
  readonly app: FastifyInstance
  /** The whole table, for what is generated from it. */
  readonly routes: readonly Route[]
  readonly idempotency: Idempotency
  readonly watch: StoreWatch
  /** Before `listen`. */
  raw(routes: RawRoutes): void
  upgrade<Who>(path: string, upgrade: Upgrade<Who>): void
  /** For the agent's socket: a session with our own Origin, or a bearer key without one. */
  authenticateSocket(request: FastifyRequest): Promise<Principal>
  /** Port 0 takes a free one. Answers the port. */
  listen(port: number, host: string): Promise<number>
  close(): Promise<void>
}

const finishMsMax = 3_000
const frameBytesMax = 65_536
const headerBytesMax = 16_384
const urlBytesMax = 8_192

/** The HTTP door: conventions of api.md 1 for all routes, the root paths, the pages. */
export function createServer(deps: ServerDeps, routes: readonly Route[]): HttpServer {
  const { config, store } = deps
  const protocols = new Set<string>()
  const app = fastify({
    logger: false,
    trustProxy: trusted(config.trustProxy),
    genReqId: requestIdOf,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200, querystringParser: readQueryString },
    // Node looks each 30 s by itself: slow ones would live three times as long as they may.
    http: { maxHeaderSize: headerBytesMax, headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: "idle",
    return503OnClosing: false,
  })
  const idempotency = new Idempotency(store, deps.keys)
  const watch = new StoreWatch(deps.probe)
  const door = {
    store,
    authenticator: deps.authenticator,
    idempotency,
    limiter: new RateLimiter(store.clock, config.rateLimitFactor),
    watch,
    publicUrl: config.publicUrl,
  }

  let stopping = false
  // With `done` and not as promises: these two run for every request.
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    })
    if (stopping) {
      reply.header("connection", "close")
      done(problem("unavailable", { reason: "stopping" }))
    } else if (request.url.length > urlBytesMax) {
      done(problem("too_large", { limitBytes: urlBytesMax }, `The URL has more than ${urlBytesMax} bytes.`))
    } else done()
  })
  app.addHook("onResponse", (request, reply, done) => {
    const path = request.routeOptions.url ?? "unknown"
    deps.onAnswered?.({
      method: request.method,
      path,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
      requestId: request.id,
    })
    if (!request.raw.complete) letRunOff(request)
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const found = toProblem(error, request)
    if (found.code === "internal")
      deps.log?.error(
        { requestId: request.id, method: request.method, path: request.routeOptions.url, err: error },
        "request failed",
      )
    return sendProblem(request, reply, found)
  })

  void app.register(fastifyMultipart, {
    limits: { fileSize: uploadBytesMax, files: 1, fields: 20, fieldSize: 10_000, parts: 21 },
    throwFileSizeLimit: true,
  })
  void app.register(fastifyWebsocket, {
    options: {
      maxPayload: frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: (offered: Set<string>) => [...offered].find((one) => protocols.has(one)) ?? false,
    },
  })
  void app.register(fastifyStatic, { serve: false, root: deps.webDir ?? "/nonexistent" })

  void app.register(async (api) => {
    // That of multipart/form-data stays: it is what makes request.file() work.
    api.removeContentTypeParser(["application/json", "text/plain"])
    api.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))
    api.addHook("onRequest", async (request, reply) => {
      reply.header("api-version", "1")
      allowOrigin(config.apiAllowedOrigins, request, reply)
    })
    for (const route of routes) mountRoute(api, door, route)
    mountOtherMethods(api, routes)
    api.get("/api", async () => ({
      name: "Switchboard",
      version: deps.version,
      apiVersion: 1,
      publicUrl: config.publicUrl,
    }))
    // Of what comes later: it must not be taken for an id.
    for (const path of ["/api/*", "/api/phone-numbers/available"]) {
      api.all(path, async () => {
        throw problem("route_not_found")
      })
    }
  })

  app.get("/healthz", async (_request, reply) => reply.send({ ok: true }))
  app.get("/readyz", async (_request, reply) => {
    const reasons = (await Promise.all([storeReason(watch), ...deps.readiness.map((check) => check())])).filter(
      (reason) => reason !== null,
    )
    return reply
      .code(reasons.length > 0 ? 503 : 200)
      .send(reasons.length > 0 ? { ready: false, reasons } : { ready: true, reasons })
  })
  app.get("/metrics", async (request, reply) => {
    if (!isLoopback(request) && !deps.authenticator.isOperator(request.headers)) throw problem("route_not_found")
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(await deps.metrics())
  })
  let description: string | null = null
  app.get("/openapi.json", async (_request, reply) => {
    description ??= JSON.stringify(describe(routes, { version: deps.version, publicUrl: config.publicUrl }))
    return reply.type("application/json; charset=utf-8").send(description)
  })
  app.get("/docs", async (_request, reply) => sendPage(reply, docsPage(routes)))
  app.get("/docs/problems", async (_request, reply) => sendPage(reply, problemsPage()))

  const pages = webFiles(deps.webDir, config)
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?")[0] ?? "/"
    if (/^\/(hooks|widget)(\/|$)/.test(path) || (request.method !== "GET" && request.method !== "HEAD"))
      throw problem("route_not_found")
    return pages(path, reply)
  })

  return {
    app,
    routes,
    idempotency,
    watch,
    raw: (mount) => void app.register(async (scope) => mount(scope)),
    upgrade(path, { protocol, authenticate, handler }) {
      protocols.add(protocol)
      void app.register(async (scope) => {
        const known = new WeakMap<FastifyRequest, Awaited<ReturnType<typeof authenticate>>>()
        scope.get(
          path,
          {
            websocket: true,
            preValidation: async (request) => {
              if (request.headers.upgrade?.toLowerCase() !== "websocket") throw problem("route_not_found")
              known.set(request, await watch.guard(authenticate(request)))
            },
          },
          (socket, request) => {
            const who = known.get(request)
            if (who === undefined) return socket.close(1011)
            handler(socket, who, request)
          },
        )
      })
    },
    async authenticateSocket(request) {
      const caller = await deps.authenticator.callerOf(request.headers)
      if (!caller) throw problem("not_authenticated")
      const fits =
        caller.by === "cookie"
          ? isOwnHost(request.headers, config.publicUrl) && request.headers.origin !== undefined
          : request.headers.origin === undefined
      if (!fits) throw problem("origin_not_allowed")
      return caller.principal
    },
    async listen(port, host) {
      await app.listen({ port, host })
      const address = app.server.address()
      return typeof address === "object" && address !== null ? address.port : port
    },
    async close() {
      stopping = true
      // What was accepted is finished; who waits for events is let go.
      const cut = setTimeout(() => app.server.closeAllConnections(), finishMsMax)
      await app.close()
      clearTimeout(cut)
    },
  }
}

/** A number says how many proxies stand in front of us. */
function trusted(
  proxies: ServerDeps["config"]["trustProxy"],
): boolean | string[] | ((address: string, hop: number) => boolean) {
  return typeof proxies === "number" ? (_address, hop) => hop < proxies : proxies
}

/**
 * A body that was answered before all of it was read, such as a file that is not wanted: until the rest has run off, the
 * next request on this connection would wait behind it.
 */
function letRunOff({ raw }: FastifyRequest): void {
  raw.unpipe()
  raw.resume()
}

function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers["x-request-id"]
  return typeof given === "string" && /^[A-Za-z0-9._-]{8,128}$/.test(given) ? given : newId()
}

/** Repeated names give an array, which no route takes; no name reaches a prototype. */
export function readQueryString(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name]
    if (Array.isArray(before)) before.push(value)
    else query[name] = before === undefined ? value : [before, value]
  }
  return query
}

function allowOrigin(
  allowed: readonly string[],
  request: FastifyRequest,
  reply: { header(name: string, value: string): unknown },
): void {
  reply.header("vary", "Origin")
  const { origin } = request.headers
  if (origin === undefined || !allowed.includes(origin)) return
  reply.header("access-control-allow-origin", origin)
  reply.header(
    "access-control-expose-headers",
    "ETag, Location, Link, Retry-After, X-Request-Id, API-Version, RateLimit, RateLimit-Policy, Idempotency-Replayed",
  )
  if (request.method !== "OPTIONS") return
  reply.header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")
  reply.header(
    "access-control-allow-headers",
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id",
  )
  reply.header("access-control-max-age", "600")
}

async function storeReason(watch: StoreWatch): Promise<string | null> {
  return (await watch.answers()) ? null : "database"
}

/** By the connection alone, and never for what a proxy hands on: what it says of the caller may be the caller's word. */
function isLoopback({ raw, headers }: FastifyRequest): boolean {
  const handedOn = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined
  return !handedOn && /^(127\.|::1$|::ffff:127\.)/.test(raw.socket.remoteAddress ?? "")
}

function sendPage(
  reply: { header(name: string, value: string): unknown; type(type: string): { send(text: string): unknown } },
  html: string,
): unknown {
  reply.header(
    "content-security-policy",
    `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  return reply.type("text/html; charset=utf-8").send(html)
}
