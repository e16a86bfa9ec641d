import { failureOfStatus, type SendFailure, type Sent, sendFailure } from "../../delivery/failure.ts"
import { type HttpClient, OutboundError } from "../../http-client.ts"
import type {
  CarrierAccount,
  CarrierMedia,
  CarrierMessage,
  CarrierMessages,
  CarrierResult,
  CarrierStatus,
  HookRefusal,
  HookRequest,
  ListedMessage,
  OutgoingSms,
} from "../carrier.ts"
import { askPages, authorizationOf, callRest, ownFarEndOf, readJson } from "./request.ts"
import { type FormParams, verify } from "./signature.ts"
import { failureOfCode, isKnownCode, statusOf } from "./statuses.ts"

const mediaMax = 10
const companyUrl = "https://api.twilio.com"
const listPageSize = 500
/**
 * Their ids. What is signed has nothing between names and values, so that whoever saw one request can shift a boundary
 * ("SM…" and "NumMedia" "0" into "SM…NumMedia0") and send it again under another id. The sandbox takes any id of its tests.
 */
const sid = /^[A-Z]{2}[0-9a-f]{32}$/

/** Their text messages: webhooks read, the REST API called. */
export function twilioMessages(http: HttpClient): CarrierMessages {
  return {
    readMessage,
    readStatus,
    acknowledge: () => ({ type: "text/xml", body: "<Response/>" }),
    send: (message, account) => send(http, message, account),
    list: (filter, account) => list(http, filter, account),
    listMedia: (externalId, account) => listMedia(http, externalId, account),
    fetchMedia: (media, account, limits) => fetchMedia(http, media, account, limits),
  }
}

function readMessage(
  request: HookRequest,
  account: CarrierAccount,
): { ok: true; message: CarrierMessage } | HookRefusal {
  const form = readSigned(request, account)
  if (form === null) return { ok: false, problem: "signature_invalid" }
  const externalId = first(form, "MessageSid") ?? first(form, "SmsMessageSid") ?? first(form, "SmsSid")
  const from = first(form, "From")
  const to = first(form, "To")
  if (!externalId || !from || !to) return { ok: false, problem: "unreadable" }
  if (!account.ownFarEnd && !sid.test(externalId)) return { ok: false, problem: "unreadable" }
  return {
    ok: true,
    message: {
      externalId,
      from,
      to,
      text: first(form, "Body") ?? "",
      fromName: first(form, "ProfileName") || null,
      media: mediaOf(form),
      sentAt: timeOf(first(form, "DateSent")),
    },
  }
}

function readStatus(request: HookRequest, account: CarrierAccount): { ok: true; status: CarrierStatus } | HookRefusal {
  const form = readSigned(request, account)
  if (form === null) return { ok: false, problem: "signature_invalid" }
  const externalId = first(form, "MessageSid") ?? first(form, "SmsSid")
  const status = first(form, "MessageStatus") ?? first(form, "SmsStatus")
  if (!externalId || !status) return { ok: false, problem: "unreadable" }
  const deliveryId = URL.parse(request.urls[0] ?? "")?.searchParams.get("delivery") ?? null
  return {
    ok: true,
    status: { externalId, deliveryId, status: statusOf(status), errorCode: first(form, "ErrorCode") || null },
  }
}

/** The parameters, once the signature holds; null where it does not. */
function readSigned(request: HookRequest, account: CarrierAccount): FormParams | null {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.contentType)
  const params = isForm || request.body.length === 0 ? formOf(request.body) : null
  const valid = request.urls.some((url) =>
    verify({ url, params, body: request.body, signature: request.signature }, account.authToken),
  )
  if (!valid) return null
  return params ?? jsonOf(request.body)
}

function formOf(body: Buffer): FormParams {
  const params: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(body.toString("utf8"))) {
    const before = params[name]
    if (Array.isArray(before)) before.push(value)
    else params[name] = before === undefined ? value : [before, value]
  }
  return params
}

function jsonOf(body: Buffer): FormParams {
  const params: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(readJson(body) ?? {})) {
    if (typeof value === "string" || typeof value === "number") params[name] = String(value)
  }
  return params
}

function mediaOf(form: FormParams): CarrierMedia[] {
  const count = Math.min(mediaMax, Number(first(form, "NumMedia") ?? 0) || 0)
  const media: CarrierMedia[] = []
  for (let n = 0; n < count; n++) {
    const url = first(form, `MediaUrl${n}`)
    if (url) media.push({ url, type: first(form, `MediaContentType${n}`) ?? "application/octet-stream" })
  }
  return media
}

function first(form: FormParams, name: string): string | undefined {
  const value = form[name]
  const text = typeof value === "string" ? value : value?.[0]
  // PostgreSQL holds no U+0000.
  return text?.replaceAll("\0", "")
}

async function send(http: HttpClient, message: OutgoingSms, account: CarrierAccount): Promise<Sent | SendFailure> {
  const form: [string, string][] = [
    ["From", message.from],
    ["To", message.to],
    ["StatusCallback", message.statusUrl],
  ]
  if (message.text !== "") form.push(["Body", message.text])
  for (const url of message.mediaUrls) form.push(["MediaUrl", url])
  try {
    const answer = await callRest(http, account, { method: "POST", path: "/Messages.json", form })
    const body = readJson(answer.body)
    if (answer.status >= 200 && answer.status < 300) {
      const sid = body?.sid
      if (typeof sid === "string") return { ok: true, externalId: sid, status: "sent" }
      return unknownOutcome("the carrier's answer cannot be read")
    }
    const code = typeof body?.code === "number" ? String(body.code) : null
    if (code !== null && isKnownCode(code)) return withRetryAfter(failureOfCode(code), answer.headers["retry-after"])
    // A gateway that gave up waiting says nothing about what the company behind it did.
    if (answer.status === 502 || answer.status === 504)
      return unknownOutcome(`the carrier's gateway answered ${answer.status}`)
    const text = typeof body?.message === "string" ? body.message : `The carrier answered ${answer.status}.`
    return failureOfStatus(answer.status, text, secondsOf(answer.headers["retry-after"]))
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    if (error.kind === "unanswered" || error.kind === "too_large") return unknownOutcome(error.message)
    if (error.kind === "refused") return sendFailure("address_refused", error.message)
    return sendFailure("carrier_unreachable", "The carrier cannot be reached.", { retryable: true })
  }
}

function unknownOutcome(why: string): SendFailure {
  return sendFailure("unknown", `Whether the message was sent is not known: ${why}.`, { unknown: true })
}

function withRetryAfter(failure: SendFailure, header: string | undefined): SendFailure {
  const seconds = secondsOf(header)
  return seconds === undefined || !failure.retryable ? failure : { ...failure, retryAfterSeconds: seconds }
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined
}

async function list(
  http: HttpClient,
  filter: { since: Date; to?: string; from?: string },
  account: CarrierAccount,
): Promise<CarrierResult<readonly ListedMessage[]>> {
  const query: Record<string, string> = {
    // Their filter knows whole days; the rest is cut below.
    "DateSent>": filter.since.toISOString().slice(0, 10),
    PageSize: String(listPageSize),
  }
  if (filter.to) query.To = filter.to
  if (filter.from) query.From = filter.from
  const pages = await askPages(http, account, { method: "GET", path: "/Messages.json", query, key: "messages" })
  if (!pages.ok) return pages
  const messages = pages.value.flatMap((one) => listedOf(one))
  const recent = messages.filter((one) => one.sentAt === null || one.sentAt >= filter.since)
  return { ok: true, value: recent.toSorted((a, b) => (a.sentAt?.getTime() ?? 0) - (b.sentAt?.getTime() ?? 0)) }
}

function listedOf(one: Record<string, unknown>): ListedMessage[] {
  const { sid, from, to, body, direction, status } = one
  if (typeof sid !== "string" || typeof from !== "string" || typeof to !== "string") return []
  return [
    {
      externalId: sid,
      from,
      to,
      text: typeof body === "string" ? body : "",
      fromName: null,
      media: [],
      mediaCount: Number(one.num_media ?? 0) || 0,
      sentAt: timeOf(one.date_sent) ?? timeOf(one.date_created),
      direction: direction === "inbound" ? "inbound" : "outbound",
      status: typeof status === "string" ? status : "",
      errorCode: typeof one.error_code === "number" ? String(one.error_code) : null,
    },
  ]
}

async function listMedia(
  http: HttpClient,
  externalId: string,
  account: CarrierAccount,
): Promise<CarrierResult<readonly CarrierMedia[]>> {
  const path = `/Messages/${encodeURIComponent(externalId)}/Media.json`
  const pages = await askPages(http, account, { method: "GET", path, key: "media_list" })
  if (!pages.ok) return pages
  const media = pages.value.flatMap(({ uri, content_type }) =>
    typeof uri === "string" && uri.startsWith("/2010-04-01/")
      ? [
          {
            url: account.baseUrl + uri.replace(/\.json$/, ""),
            type: typeof content_type === "string" ? content_type : "application/octet-stream",
          },
        ]
      : [],
  )
  return { ok: true, value: media.slice(0, mediaMax) }
}

async function fetchMedia(
  http: HttpClient,
  media: CarrierMedia,
  account: CarrierAccount,
  limits: { bytesMax: number; timeoutMs: number },
): Promise<CarrierResult<{ type: string; content: Buffer }>> {
  try {
    const answer = await http.send({
      url: media.url,
      headers: { authorization: authorizationOf(account) },
      timeoutMs: limits.timeoutMs,
      answerBytesMax: limits.bytesMax,
      redirectsMax: 3,
      mayVisit: (url) => isTheirs(url, account),
      alsoAllow: ownFarEndOf(account),
    })
    if (answer.status !== 200)
      return {
        ok: false,
        kind: answer.status >= 500 ? "unreachable" : "failed",
        code: String(answer.status),
        text: `the file's address answered ${answer.status}`,
      }
    return {
      ok: true,
      value: { type: answer.headers["content-type"]?.split(";")[0] ?? media.type, content: answer.body },
    }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const kind = error.kind === "too_large" ? "too_large" : error.kind === "refused" ? "refused" : "unreachable"
    return { ok: false, kind, code: error.kind, text: error.message }
  }
}

/** Files come from the company's documented hosts, or from host and port of the account's own address (reliability 37). */
function isTheirs(url: URL, account: CarrierAccount): boolean {
  const base = new URL(account.baseUrl)
  if (url.protocol === base.protocol && url.host === base.host) return true
  if (account.baseUrl !== companyUrl || url.protocol !== "https:" || url.port !== "") return false
  if (/(^|\.)(twilio|twiliocdn)\.com$/.test(url.hostname)) return true
  return /^s3[a-z0-9-]*\.amazonaws\.com$/.test(url.hostname) && url.pathname.startsWith("/media.twiliocdn.com/")
}

function timeOf(value: unknown): Date | null {
  if (typeof value !== "string" || value === "") return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time
}
