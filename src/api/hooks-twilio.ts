import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { sql } from "kysely"
import type { Blobs } from "../blobs.ts"
import type { Accounts, OpenAccount } from "../carriers/accounts.ts"
import type { CarrierMessages, HookRequest } from "../carriers/carrier.ts"
import type { StoreWatch } from "./store-watch.ts"
import type { FileLinks } from "../channels/sms/file-links.ts"
import { type InboundDeps, takeMessage } from "../channels/sms/inbound.ts"
import { type StatusDeps, takeStatus } from "../channels/sms/statuses.ts"
import { sentType } from "../core/attachments/type.ts"
import { problem } from "../problem.ts"
import type { Receipt } from "../intake/inbound-event.ts"

export type HooksTwilioDeps = {
  inbound: InboundDeps
  statuses: StatusDeps
  accounts: Accounts
  blobs: Blobs
  fileLinks: FileLinks
  config: { publicUrl: string; trustProxy: boolean | number | string[] }
  watch?: Pick<StoreWatch, "guard">
  log: { info(fields: object, message: string): void }
  /** Hears of every message that a hook took in: the sandbox answers with it. */
  onTaken?: (idempotencyToken: string, receipt: Receipt | null) => void
}

/** Theirs have some 2 KB; until the signature holds it is anybody's, and read for nothing. */
const bodyBytesMax = 131_072
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The carrier's ways in: `server.raw(hooksTwilio(deps))`. A 2xx is sent only after the commit (api.md 3.1). */
export function hooksTwilio(deps: HooksTwilioDeps): (app: FastifyInstance) => void {
  return (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))
    const post = (path: string, handle: Handle) =>
      app.post(`/hooks/twilio/:accountId/${path}`, { bodyLimit: bodyBytesMax }, (request, reply) =>
        guarded(deps, handle(deps, request, reply)),
      )
    post("messages", receive)
    post("fallback", receive)
    post("message-statuses", receiveStatus)
    app.get("/hooks/twilio/:accountId/files/:fileId/:name", (request, reply) =>
      guarded(deps, sendFile(deps, request, reply)),
    )
  }
}

type Handle = (deps: HooksTwilioDeps, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

async function receive(deps: HooksTwilioDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { account, messages } = await knownAccount(deps, request)
  const hook = hookOf(deps, request)
  const read = messages.readMessage(hook, account)
  if (!read.ok) throw problem(read.problem === "signature_invalid" ? "signature_invalid" : "body_malformed")
  const taken = await takeMessage(deps.inbound, read.message, { messages, account, raw: hook.body })
  if (taken.dropped)
    deps.log.info(
      { accountId: account.id, externalId: read.message.externalId, to: read.message.to },
      "text message dropped: the number takes none",
    )
  const token = request.headers["i-twilio-idempotency-token"]
  if (typeof token === "string") deps.onTaken?.(token, taken.dropped ? null : taken.receipt)
  const { type, body } = messages.acknowledge()
  return reply.code(200).type(type).send(body)
}

async function receiveStatus(
  deps: HooksTwilioDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { account, messages } = await knownAccount(deps, request)
  const read = messages.readStatus(hookOf(deps, request), account)
  if (!read.ok) throw problem(read.problem === "signature_invalid" ? "signature_invalid" : "body_malformed")
  await takeStatus(deps.statuses, account.orgId, read.status)
  return reply.code(204).send()
}

/** A file of an outgoing message, for the carrier that was given its address. */
async function sendFile(deps: HooksTwilioDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { accountId, fileId } = request.params as { accountId: string; fileId: string }
  const { expires, signature } = request.query as { expires?: unknown; signature?: unknown }
  const link = { accountId, fileId, expires: Number(expires), signature: String(signature) }
  const found =
    uuid.test(accountId) && uuid.test(fileId) && deps.fileLinks.accepts(link)
      ? await deps.accounts.find(accountId)
      : null
  if (!found) throw problem("not_found")
  const { rows } = await sql<{ sha256: string; type: string }>`
    SELECT sha256, type FROM attachments WHERE org_id = ${found.account.orgId} AND id = ${fileId}`.execute(
    deps.inbound.store.db,
  )
  const [file] = rows
  if (!file || (await deps.blobs.size(file.sha256)) === null) throw problem("not_found")
  reply.headers({
    "content-disposition": "attachment",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=300",
  })
  return reply.type(sentType(file.type)).send(deps.blobs.stream(file.sha256))
}

async function knownAccount(
  deps: HooksTwilioDeps,
  request: FastifyRequest,
): Promise<OpenAccount & { messages: CarrierMessages }> {
  const { accountId } = request.params as { accountId: string }
  const found = uuid.test(accountId) ? await deps.accounts.find(accountId) : null
  if (!found?.carrier.messages) throw problem("not_found")
  return { ...found, messages: found.carrier.messages }
}

/** Signed is the public address; the forwarded one counts only where a proxy in front of us is believed. */
function hookOf({ config }: HooksTwilioDeps, request: FastifyRequest): HookRequest {
  const urls = [config.publicUrl + request.url]
  if (config.trustProxy !== false) urls.push(`${request.protocol}://${request.host}${request.url}`)
  const signature = request.headers["x-twilio-signature"]
  return {
    urls,
    contentType: request.headers["content-type"] ?? "",
    signature: typeof signature === "string" ? signature : undefined,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  }
}

function guarded<T>(deps: HooksTwilioDeps, work: Promise<T>): Promise<T> {
  return deps.watch ? deps.watch.guard(work) : work
}
