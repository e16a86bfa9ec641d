import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "kysely"
import { conversationRoutes } from "../src/api/conversations/routes.ts"
import { attachmentRoutes } from "../src/api/attachments.ts"
import { customerRoutes } from "../src/api/customers.ts"
import { messagePictureRoutes } from "../src/api/message-pictures.ts"
import { messageRoutes } from "../src/api/messages.ts"
import { Hub } from "../src/api/live/hub.ts"
import { livePath, liveUpgrade } from "../src/api/live/live.ts"
import { sandboxDeliveryRoutes } from "../src/api/sandbox/deliveries.ts"
import { createServer, type HttpServer } from "../src/api/server.ts"
import { topicRoutes } from "../src/api/topics.ts"
import { readCounts } from "../src/availability/read.ts"
import { createPresence, type Presence } from "../src/availability/presence.ts"
import { type Blobs, openBlobs } from "../src/blobs.ts"
import type { Channel, OutboundMessage } from "../src/channels/channel.ts"
import { attachmentLinks } from "../src/conversations/attachment-link.ts"
import { smsRule } from "../src/conversations/sms-rule.ts"
import type { ChannelName } from "../src/core/channels.ts"
import type { Role } from "../src/core/permissions.ts"
import { deliveryHandler } from "../src/delivery/worker.ts"
import type { SendFailure, Sent } from "../src/delivery/failure.ts"
import { createHttpClient } from "../src/http-client.ts"
import { newApiKey } from "../src/identity/api-keys.ts"
import { Authenticator } from "../src/identity/authenticate.ts"
import { cookieNameFor } from "../src/identity/cookie.ts"
import { Sessions } from "../src/identity/sessions.ts"
import { hashSecret, newId } from "../src/ids.ts"
import { JobWorker } from "../src/jobs/worker.ts"
import { keysFrom } from "../src/keys.ts"
import { createFarEnd, type FarEnd } from "../src/sandbox/far-end.ts"
import { readOffers } from "../src/offers/read.ts"
import type { TestStore } from "./database.ts"
import { type RoutingWorld, routingWorld } from "./routing-world.ts"

export const deskOrigin = "http://desk.example:8080"

export type Answered = { status: number; headers: Record<string, unknown>; body: ReturnType<typeof JSON.parse> }

/** One person at a desk, as the API sees him. */
export type Person = {
  id: string
  cookie: string
  call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered>
}

/** A scripted far side of a channel: what `send` and `lookup` answer, and what it got. */
export type FarSide = {
  sent: OutboundMessage[]
  answer: (message: OutboundMessage) => Promise<Sent | SendFailure> | Sent | SendFailure
  lookup: NonNullable<Channel["lookup"]> | null
}

/** The routes of conversations on a routing world, with channels whose other side the test plays. */
export type Desk = {
  world: RoutingWorld
  server: HttpServer
  sessions: Sessions
  authenticator: Authenticator
  blobs: Blobs
  farEnd: FarEnd
  hub: Hub
  presence: Presence
  /** Typing that reached the channels: conversation, name, on. */
  typed: [string, string, boolean][]
  /** Listens, once; answers the port. */
  listen(): Promise<number>
  jobs: JobWorker
  far: Record<"email" | "sms" | "chat", FarSide>
  generalId: string
  billingId: string
  /** Someone with these roles, a member of these inboxes, signed in. */
  person(name: string, roles: readonly Role[], inboxIds?: readonly string[]): Promise<Person>
  apiKey(maker: Person, roles: readonly Role[]): Promise<Person>
  /** Runs all jobs that are due. */
  deliver(): Promise<void>
  stop(): Promise<void>
}

export async function desk(ground: TestStore): Promise<Desk> {
  const { store, db, clock } = ground
  const world = await routingWorld(ground)
  const dir = await mkdtemp(join(tmpdir(), "desk-"))
  const keys = keysFrom("a secret of tests")
  const blobs = openBlobs(dir)
  const farEnd = createFarEnd({ store, clock, keys })
  const far = { email: farSide(farEnd, "email"), sms: farSide(farEnd, "sms"), chat: farSide(farEnd, "chat") }
  const jobs = new JobWorker(store, (_job, error) => console.error("job", error))
  jobs.handle(
    "deliver",
    deliveryHandler({
      store,
      blobs,
      channels: {
        email: channelOf("email", far.email),
        sms: channelOf("sms", far.sms),
        chat: channelOf("chat", far.chat),
      },
    }),
  )
  const sessions = new Sessions(db)
  const cookieName = cookieNameFor(deskOrigin)
  const authenticator = new Authenticator({ db, sessions, operatorToken: "operator-token", cookieName })
  const links = attachmentLinks(keys, () => clock.real())
  const rules = { sms: smsRule }
  const routes = [
    ...conversationRoutes({ store, links, rules }),
    ...messageRoutes({ store, links, blobs }),
    ...messagePictureRoutes({ store, http: createHttpClient({ outboundAllow: ["127.0.0.1"] }) }),
    ...attachmentRoutes({ store, links, blobs }),
    ...topicRoutes({ store }),
    ...customerRoutes({ store, links }),
    ...sandboxDeliveryRoutes({ store, farEnd }),
  ]
  const server = createServer(
    {
      config: { publicUrl: deskOrigin, apiAllowedOrigins: [], rateLimitFactor: 0, trustProxy: false },
      store,
      keys,
      authenticator,
      version: "0",
      probe: () => sql`SELECT 1`.execute(db),
      readiness: [],
      metrics: async () => "",
      webDir: null,
      log: { info: () => {}, error: (fields) => console.error(fields) },
    },
    routes,
  )
  const presence = createPresence({ store, clock, onError: (error) => console.error("presence", error) })
  const typed: Desk["typed"] = []
  const hub = new Hub({
    store,
    bus: ground.bus,
    clock,
    version: "0",
    presence,
    stillHolds: (principal) => authenticator.stillHolds(principal),
    offers: (orgId, agentId, ids) => readOffers(db, orgId, { agentId, ...(ids ? { ids } : { status: ["pending"] }) }),
    counts: (orgId, agentId, now) => readCounts(db, orgId, agentId, now),
    onTyping: (_orgId, conversationId, _channel, name, on) => typed.push([conversationId, name, on]),
    unlimited: false,
    onError: (error) => console.error("live", error),
  })
  sessions.onEnded((ended) => hub.endSessions(ended))
  server.upgrade(
    livePath,
    liveUpgrade(hub, (request) => server.authenticateSocket(request)),
  )
  let port: Promise<number> | null = null
  const generalId = await world.inbox("General Support", 86_400)
  const billingId = await world.inbox("Billing", 3_600)

  function caller(id: string, cookie: string, headers: Record<string, string>): Person {
    return {
      id,
      cookie,
      async call(method, path, body, more = {}) {
        const isForm = Buffer.isBuffer(body)
        const payload = body === undefined ? undefined : isForm ? body : JSON.stringify(body)
        const answer = await server.app.inject({
          method,
          url: `/api${path}`,
          headers: {
            ...headers,
            ...(payload !== undefined && !isForm && { "content-type": "application/json" }),
            ...more,
          },
          ...(payload !== undefined && { payload }),
        })
        const json = /json/.test(String(answer.headers["content-type"])) && answer.body !== ""
        return { status: answer.statusCode, headers: answer.headers, body: json ? answer.json() : answer.rawPayload }
      },
    }
  }

  return {
    world,
    server,
    sessions,
    authenticator,
    blobs,
    farEnd,
    hub,
    presence,
    typed,
    listen() {
      port ??= server.listen(0, "127.0.0.1")
      return port
    },
    jobs,
    far,
    generalId,
    billingId,
    async person(name, roles, inboxIds = []) {
      const id = await world.agent(name, { inboxIds: [...inboxIds] })
      await sql`UPDATE users SET roles = ${[...roles]}::text[] WHERE org_id = ${world.orgId} AND id = ${id}`.execute(db)
      const token = await sessions.open({ orgId: world.orgId, userId: id, userAgent: "test", ip: "127.0.0.1" })
      const cookie = `${cookieName}=${token}`
      return caller(id, cookie, { cookie })
    },
    async apiKey(maker, roles) {
      const made = newApiKey()
      const id = newId()
      await db
        .insertInto("apiKeys")
        .values({
          orgId: world.orgId,
          id,
          name: "t",
          prefix: made.prefix,
          keyHash: hashSecret(made.key),
          roles: [...roles],
          createdBy: maker.id,
        })
        .execute()
      return caller(id, "", { authorization: `Bearer ${made.key}` })
    },
    async deliver() {
      for (let round = 0; round < 20; round++) if ((await jobs.fire(clock.now())) === 0) return
    },
    async stop() {
      hub.stop()
      await server.close()
      await world.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function farSide(farEnd: FarEnd, channel: ChannelName): FarSide {
  const side: FarSide = {
    sent: [],
    lookup: null,
    answer: async (message) => {
      const { orgId, messageId, deliveryId, fromAddress, to, text, html, subject } = message
      const { externalId } = await farEnd.record(orgId, {
        messageId,
        deliveryId,
        channel,
        from: fromAddress,
        to,
        text,
        html,
        subject,
      })
      return { ok: true, externalId }
    },
  }
  return side
}

function channelOf(name: ChannelName, side: FarSide): Channel {
  return {
    name,
    async send(message) {
      side.sent.push(message)
      return side.answer(message)
    },
    get lookup() {
      return side.lookup ?? undefined
    },
  } as Channel
}
