import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { sql } from "kysely"
import { z } from "zod"
import type { Blobs } from "../blobs.ts"
import type { ChatChannel } from "../channels/chat/adapter.ts"
import { bootstrapOf } from "../channels/chat/bootstrap.ts"
import type { VisitorFileLinks } from "../channels/chat/file-links.ts"
import { findLogo } from "../channels/chat/logos.ts"
import { ChatSocket } from "../channels/chat/socket.ts"
import { createVisitor, endVisitor, findVisitor, type Visitor } from "../channels/chat/visitors.ts"
import { findChatApp, type LiveChatApp } from "../channels/chat/live-chat-app.ts"
import { addUpload, receiveFile } from "../conversations/attachments.ts"
import { networkOf } from "../core/addresses/network.ts"
import { servedType } from "../core/attachments/type.ts"
import type { Keys } from "../keys.ts"
import { invalid, Problem, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { fieldErrors, inBody, pointerTo } from "./field-errors.ts"
import { filePart, formBytesMax, refuseTruncated } from "./file-part.ts"
import { parseJson } from "./json.ts"
import { type Policy, quotaHeaders, RateLimiter, refuseExceeded } from "./rate-limit.ts"
import type { HttpServer, RawRoutes, Upgrade } from "./server.ts"
import { unknownFields } from "./unknown-fields.ts"
import { widgetFile } from "./widget-file.ts"
import { sendPreviewPage } from "./widget-preview.ts"
import { admitOrigin, isSandbox, type WidgetOrigins } from "./widget-origin.ts"

/** The widget's way in: what a page of a customer's site asks us for (api.md 3.2), open to the world. */

export type WidgetDeps = {
  store: Store
  keys: Keys
  blobs: Blobs
  chat: ChatChannel
  fileLinks: VisitorFileLinks
  origins: WidgetOrigins
  rateLimitFactor: number
  /** `dist/widget`; null where it was not built. */
  widgetDir: string | null
  watch: HttpServer["watch"]
}

export const widgetSocketPath = "/widget/apps/:appId/socket"
const protocol = "switchboard.widget.v1"
const attachmentBytesMax = 10_485_760
const seenEverySeconds = 60
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const visitorPolicy: Policy = { name: "visitor", quota: 600, windowSeconds: 60 }
const uploadPolicy: Policy = { name: "visitor", quota: 60, windowSeconds: 60 }
/** In megabytes: whoever fills a disk must come from many places for it. */
const uploadSizePolicy: Policy = { name: "visitor", quota: 500, windowSeconds: 3_600 }
const newVisitorPolicy: Policy = { name: "visitor", quota: 30, windowSeconds: 60 }

/** A line break inside would let two identities have the same signature. */
const oneLine = /^\P{Cc}*$/u

const NewVisitor = z.object({
  identity: z
    .object({
      externalId: z.string().min(1).max(300).regex(oneLine),
      email: z.string().max(320).regex(oneLine).optional(),
      name: z.string().max(200).optional(),
      phone: z.string().max(40).optional(),
      issuedAt: z.string().max(50),
      signature: z.string().max(200),
    })
    .optional(),
})

export function widgetRoutes(deps: WidgetDeps): RawRoutes {
  const limiter = new RateLimiter(deps.store.clock, deps.rateLimitFactor)
  const loader = widgetFile(deps.widgetDir)

  /** The app of the path, for a page that may embed it. */
  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<LiveChatApp> {
    const { appId } = request.params as { appId: string }
    const quota = limiter.take(visitorPolicy, `${networkOf(request.ip)} ${appId}`)
    if (quota) reply.headers(quotaHeaders(quota))
    refuseExceeded(quota)
    const app = await findChatApp(deps.store.db, { appId })
    if (!app) throw problem("not_found")
    admitOrigin(deps.origins, app, request, reply)
    return app
  }

  async function visitorOf(app: LiveChatApp, request: FastifyRequest): Promise<Visitor> {
    const token = /^Bearer ([\w-]{20,200})$/.exec(request.headers.authorization ?? "")?.[1]
    const visitor = token === undefined ? null : await findVisitor(deps.store.db, app, token, deps.store.clock.real())
    if (!visitor) throw problem("not_authenticated")
    return visitor
  }

  const guarded =
    (handle: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
    (request: FastifyRequest, reply: FastifyReply) =>
      deps.watch.guard(handle(request, reply))

  return (scope: FastifyInstance) => {
    // That of multipart/form-data stays: it is what makes request.file() work.
    scope.removeContentTypeParser(["application/json", "text/plain"])
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))

    scope.get("/widget/switchboard.js", (request, reply) => loader(request, reply))
    scope.get("/widget/preview", (_request, reply) => sendPreviewPage(reply))

    scope.options("/widget/apps/:appId", guarded(preflight))
    scope.options("/widget/apps/:appId/*", guarded(preflight))
    async function preflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      await admit(request, reply)
      return reply
        .headers({
          "access-control-allow-methods": "GET, POST, DELETE",
          "access-control-allow-headers": "Authorization, Content-Type",
          "access-control-max-age": "600",
        })
        .code(204)
        .send()
    }

    scope.get(
      "/widget/apps/:appId",
      guarded(async (request, reply) => {
        const app = await admit(request, reply)
        await markSeen(deps.store, app, request.headers.origin ?? null)
        return reply.send(await bootstrapOf({ store: deps.store, publicUrl: deps.origins.publicUrl }, app))
      }),
    )

    scope.post(
      "/widget/apps/:appId/visitors",
      { bodyLimit: 65_536 },
      guarded(async (request, reply) => {
        const app = await admit(request, reply)
        refuseExceeded(limiter.take(newVisitorPolicy, `new ${networkOf(request.ip)}`))
        const { identity } = readBody(request.body)
        const made = await createVisitor(deps, app, identity)
        return reply.code(201).send({ ...made, endsAt: made.endsAt.toISOString() })
      }),
    )

    scope.delete(
      "/widget/apps/:appId/visitors/me",
      guarded(async (request, reply) => {
        const app = await admit(request, reply)
        const visitor = await visitorOf(app, request)
        await endVisitor(deps.store.db, visitor, deps.store.clock.real())
        for (const socket of deps.chat.hub.of(visitor.id)) socket.end("token_invalid")
        return reply.code(204).send()
      }),
    )

    scope.post(
      "/widget/apps/:appId/attachments",
      { bodyLimit: attachmentBytesMax + formBytesMax },
      async (request, reply) => {
        const app = await admit(request, reply)
        const visitor = await visitorOf(app, request)
        const from = networkOf(request.ip)
        refuseExceeded(limiter.take(uploadSizePolicy, `megabytes ${from}`, 0))
        refuseExceeded(limiter.take(uploadPolicy, `upload ${from}`))
        // Counted before it comes: of many at once each would be the first.
        limiter.take(uploadSizePolicy, `megabytes ${from}`, announcedBytes(request) / 1e6)
        const part = await filePart(request, attachmentBytesMax)
        const file = await receiveFile(deps.blobs, { name: part.filename, type: part.mimetype, content: part.file })
        refuseTruncated(part, attachmentBytesMax)
        const by = { type: "customer", id: visitor.id, name: visitor.profile.name ?? "" }
        const attachmentId = await deps.store.write({ orgId: app.orgId, kind: "act" }, (tx) => addUpload(tx, by, file))
        return reply.code(201).send({ attachmentId })
      },
    )

    scope.get("/widget/apps/:appId/attachments/:fileId", (request, reply) =>
      deps.watch.guard(sendFile(deps, request, reply)),
    )

    // A picture's request says no origin; a logo is on every page that shows the chat anyway.
    scope.get(
      "/widget/apps/:appId/logos/:logoId",
      guarded(async (request, reply) => {
        const { appId, logoId } = request.params as { appId: string; logoId: string }
        refuseExceeded(limiter.take(visitorPolicy, `${networkOf(request.ip)} ${appId}`))
        const app = uuid.test(logoId) ? await findChatApp(deps.store.db, { appId }) : null
        const logo = app ? await findLogo(deps.store.db, app, logoId) : null
        if (!logo || (await deps.blobs.size(logo.sha256)) === null) throw problem("not_found")
        return reply
          .headers({
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "public, max-age=31536000, immutable",
            "cross-origin-resource-policy": "cross-origin",
          })
          .type(servedType(logo.type))
          .send(deps.blobs.stream(logo.sha256))
      }),
    )
  }
}

/** The visitor's socket: `server.upgrade(widgetSocketPath, …)`. The Origin is judged before the upgrade. */
export function widgetUpgrade(
  deps: Pick<WidgetDeps, "store" | "chat" | "origins">,
): Upgrade<{ app: LiveChatApp; test: boolean }> {
  return {
    protocol,
    async authenticate(request) {
      const { appId } = request.params as { appId: string }
      const app = await findChatApp(deps.store.db, { appId })
      if (!app) throw problem("not_found")
      admitOrigin(deps.origins, app, request)
      return { app, test: isSandbox(deps.origins, app, request) }
    },
    handler(socket, { app, test }) {
      new ChatSocket(deps.chat, app, socket, test)
    },
  }
}

/** What may come: what the request says of itself, which the server holds it to, else the most that is taken. */
function announcedBytes({ headers }: FastifyRequest): number {
  const announced = headers["content-length"]
  return announced === undefined ? attachmentBytesMax : Number(announced)
}

function readBody(body: unknown): z.infer<typeof NewVisitor> {
  const given = Buffer.isBuffer(body) && body.length > 0 ? parseJson(body.toString("utf8")) : {}
  const unknown = unknownFields(NewVisitor, given)
  if (unknown.length > 0) {
    throw new Problem("unknown_field", {
      errors: unknown.map((path) => ({
        pointer: pointerTo(path),
        code: "unknown_field",
        detail: "This field is not known here.",
      })),
    })
  }
  const read = NewVisitor.safeParse(given, { reportInput: true })
  if (!read.success) throw invalid(...fieldErrors(read.error.issues, inBody))
  if (JSON.stringify(read.data).includes("\\u0000"))
    throw invalid({ pointer: "#/identity", code: "pattern", detail: "The character U+0000 is not allowed." })
  return read.data
}

/** When and where a page last loaded it; written at most once a minute for the same site. */
async function markSeen({ db, clock }: Store, app: LiveChatApp, origin: string | null): Promise<void> {
  const now = clock.now()
  await sql`
    UPDATE chat_apps SET installation_seen_at = ${now}, installation_origin = coalesce(${origin}, installation_origin)
    WHERE org_id = ${app.orgId} AND id = ${app.id} AND (installation_seen_at IS NULL
      OR installation_seen_at < ${now}::timestamptz - make_interval(secs => ${seenEverySeconds}) OR installation_origin IS DISTINCT FROM coalesce(${origin}, installation_origin))`.execute(
    db,
  )
}

/** A file of a message that the visitor's screen shows, by its signed address only; never run by a browser. */
async function sendFile(deps: WidgetDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { appId, fileId } = request.params as { appId: string; fileId: string }
  const { visitor, expires, signature } = request.query as Record<string, unknown>
  const signed =
    uuid.test(fileId) &&
    deps.fileLinks.accepts({ appId, visitorId: String(visitor), fileId }, Number(expires), String(signature))
  const app = signed ? await findChatApp(deps.store.db, { appId }) : null
  const file = app
    ? await deps.store.db
        .selectFrom("attachments")
        .select(["sha256", "name", "type"])
        .where("orgId", "=", app.orgId)
        .where("id", "=", fileId)
        .executeTakeFirst()
    : undefined
  if (!file || (await deps.blobs.size(file.sha256)) === null) throw problem("not_found")
  return reply
    .headers({
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name).replaceAll("'", "%27")}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, max-age=300",
      "cross-origin-resource-policy": "cross-origin",
    })
    .type(servedType(file.type))
    .send(deps.blobs.stream(file.sha256))
}
