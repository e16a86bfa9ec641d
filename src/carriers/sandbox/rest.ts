import { timingSafeEqual } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Kysely } from "kysely"
import type { Clock } from "../../clock.ts"
import type { DB } from "../../store/tables.ts"
import {
  findMedia,
  findMessage,
  findNumber,
  insertMessage,
  lastInboundText,
  listMessages,
  type SandboxMessage,
  type SandboxNumber,
  updateNumber,
} from "./books.ts"
import type { SandboxAccount } from "./account.ts"
import { ownedNumbers } from "./numbers.ts"
import { capabilitiesOf } from "./catalogue.ts"
import { logOperation, readSettings, takeFault, takeLostAnswer } from "./settings.ts"
import { pageOf, showAccount, showMedia, showMessage, showNumber } from "./show.ts"
import { newSid } from "./sid.ts"

/** What the REST API asks of the company behind it. */
export interface RestCompany {
  readonly deps: { db: Kysely<DB>; clock: Clock; log: { warn(fields: object, message: string): void } }
  /** Where the REST API stands. */
  readonly url: string
  accountOf(accountSid: string): Promise<SandboxAccount | null>
  /** Sends a text on its way. `silent`: nobody is told its states. `failWith`: the error that it ends with. */
  carry(
    account: SandboxAccount,
    message: SandboxMessage,
    mediaUrls: readonly string[],
    options: { silent: boolean; failWith: string | null },
  ): Promise<void>
}

type Call = { account: SandboxAccount; method: string; path: string; query: URLSearchParams; form: URLSearchParams }
type Reply = { status: number; json: object } | { status: number; bytes: Buffer; type: string } | "lost"

const bodyBytesMax = 1_048_576
const pageSizeMax = 1_000
const textLengthMax = 1_600
const optOutWords = [
  "STOP",
  "CANCEL",
  "UNSUBSCRIBE",
  "END",
  "QUIT",
  "STOPALL",
  "REVOKE",
  "OPTOUT",
  "START",
  "YES",
  "UNSTOP",
]
const optInWords = new Set(["START", "YES", "UNSTOP"])

/** The imitation's REST API, as far as we and the company's own client call it. */
export async function answerRest(
  company: RestCompany,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const reply = await judge(company, request)
    if (reply === "lost") return void request.socket.destroy()
    const bytes = "json" in reply ? Buffer.from(JSON.stringify(reply.json)) : reply.bytes
    const type = "json" in reply ? "application/json" : reply.type
    response.writeHead(reply.status, { "content-type": type, "content-length": bytes.length }).end(bytes)
  } catch (error) {
    company.deps.log.warn({ err: error }, "sandbox carrier failed")
    response
      .writeHead(503, { "content-type": "application/json", "retry-after": "1" })
      .end(JSON.stringify(wrong(503, 20503, "Service unavailable").json))
  }
}

async function judge(company: RestCompany, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? "/", company.url)
  const named = /^\/2010-04-01\/Accounts\/([^/]+?)(\.json|\/.*)$/.exec(url.pathname)
  const credentials = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? ""
  const [user = "", ...rest] = Buffer.from(credentials, "base64").toString("utf8").split(":")
  const account = user === "" ? null : await company.accountOf(user)
  if (!account || !sameText(rest.join(":"), account.authToken)) return wrong(401, 20003, "Authenticate")
  if (!named || named[1] !== account.accountSid) return wrong(404, 20404, "The requested resource was not found")
  const form = new URLSearchParams(await readBody(request))
  const { latencyMs } = await readSettings(company.deps.db, account.orgId)
  if (latencyMs > 0) await company.deps.clock.sleep(latencyMs)
  const call = {
    account,
    method: request.method ?? "GET",
    path: (named[2] ?? "").replace(/\.json$/, ""),
    query: url.searchParams,
    form,
  }
  return answer(company, call)
}

async function answer(company: RestCompany, call: Call): Promise<Reply> {
  const { account, method, path } = call
  const { db } = company.deps
  if (path === "" && method === "GET") return { status: 200, json: showAccount(account) }
  if (path === "/IncomingPhoneNumbers" && method === "GET") return listOwned(company, call)
  const number = /^\/IncomingPhoneNumbers\/(\w+)$/.exec(path)
  if (number?.[1]) {
    const sid = number[1]
    if (method === "POST") {
      await log(company, account, "update_number", sid)
      await updateNumber(db, { orgId: account.orgId, accountSid: account.accountSid, sid }, hooksOf(call.form))
    }
    const found = await findNumber(db, account.orgId, account.accountSid, { sid })
    return found
      ? { status: 200, json: showNumber(account, found) }
      : wrong(404, 20404, "The requested resource was not found")
  }
  if (path === "/Messages") return method === "POST" ? createMessage(company, call) : listAll(company, call)
  const message = /^\/Messages\/([^/]+)(\/Media(?:\/(\w+))?)?$/.exec(path)
  if (message?.[1] && method === "GET")
    return answerMessage(company, call, {
      sid: decodeURIComponent(message[1]),
      media: message[2] !== undefined,
      mediaSid: message[3],
    })
  return wrong(404, 20404, "The requested resource was not found")
}

async function createMessage(company: RestCompany, { account, form }: Call): Promise<Reply> {
  const { db, clock } = company.deps
  const [from, to, body] = [form.get("From") ?? "", form.get("To") ?? "", form.get("Body") ?? ""]
  const mediaUrls = form.getAll("MediaUrl")
  const callback = form.get("StatusCallback")
  await log(company, account, "send", callback ? (URL.parse(callback)?.searchParams.get("delivery") ?? to) : to)
  const refusal = await refusalOf(company, account, { from, to, body, mediaUrls })
  if (refusal) return refusal
  const fault = await takeFault(db, account.orgId, "send")
  const refused = fault === null ? null : refusalOfFault(fault)
  if (refused) return refused
  const message: SandboxMessage = {
    orgId: account.orgId,
    accountSid: account.accountSid,
    sid: newSid(mediaUrls.length > 0 ? "MM" : "SM"),
    direction: "outbound-api",
    sender: from,
    recipient: to,
    body,
    media: mediaUrls.map(() => ({ sid: newSid("ME"), type: "application/octet-stream", name: "" })),
    profileName: null,
    status: "queued",
    errorCode: null,
    statusCallback: callback,
    createdAt: clock.now(),
  }
  await insertMessage(db, message)
  const silent = await takeLostAnswer(db, account.orgId)
  await company.carry(account, message, mediaUrls, { silent, failWith: fault })
  return silent ? "lost" : { status: 201, json: showMessage(message) }
}

async function refusalOf(
  company: RestCompany,
  account: SandboxAccount,
  sent: { from: string; to: string; body: string; mediaUrls: readonly string[] },
): Promise<Reply | null> {
  if (sent.to === "") return wrong(400, 21604, "A 'To' phone number is required.")
  if (!/^\+[1-9]\d{4,14}$/.test(sent.to))
    return wrong(400, 21211, `The 'To' number ${sent.to} is not a valid phone number.`)
  if (sent.body === "" && sent.mediaUrls.length === 0) return wrong(400, 21602, "Message body is required.")
  if (sent.body.length > textLengthMax)
    return wrong(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
  if (!(await findNumber(company.deps.db, account.orgId, account.accountSid, { e164: sent.from }))) {
    return wrong(
      400,
      21606,
      `The From phone number ${sent.from} is not a valid, SMS-capable inbound phone number for your account.`,
    )
  }
  if (!capabilitiesOf(account.accountSid, sent.from).sms) return wrong(400, 21606, "The From number cannot send SMS.")
  const word = await lastInboundText(company.deps.db, account.orgId, {
    sender: sent.to,
    recipient: sent.from,
    words: optOutWords,
  })
  return word !== null && !optInWords.has(word) ? wrong(400, 21610, "Attempt to send to unsubscribed recipient") : null
}

/** 4xx and 5xx are answers of HTTP; 20xxx and 21xxx refusals; anything else is a failure on the way, told later. */
function refusalOfFault(code: string): Reply | null {
  const number = Number(code)
  if (!Number.isInteger(number)) return wrong(500, 20500, "Internal server error")
  if (number === 429) return wrong(429, 20429, "Too many requests")
  if (number >= 400 && number < 600) return wrong(number, number >= 500 ? 20500 : 20001, "This call was told to fail")
  return number >= 20_000 && number < 22_000 ? wrong(400, number, "This call was told to fail") : null
}

async function listAll(company: RestCompany, { account, query }: Call): Promise<Reply> {
  const limit = Math.min(pageSizeMax, Number(query.get("PageSize") ?? 50) || 50)
  const page = Number(query.get("Page") ?? 0) || 0
  const filter = {
    to: query.get("To") ?? undefined,
    from: query.get("From") ?? undefined,
    since: query.get("DateSent>") ?? query.get("DateSent") ?? undefined,
    until: query.get("DateSent<") ?? query.get("DateSent") ?? undefined,
    offset: page * limit,
    limit: limit + 1,
  }
  const found = await listMessages(company.deps.db, account.orgId, account.accountSid, filter)
  const base = `/2010-04-01/Accounts/${account.accountSid}/Messages.json`
  return {
    status: 200,
    json: {
      messages: found.slice(0, limit).map(showMessage),
      ...pageOf(base, query, { page, limit, more: found.length > limit }),
    },
  }
}

async function answerMessage(
  company: RestCompany,
  { account }: Call,
  asked: { sid: string; media: boolean; mediaSid: string | undefined },
): Promise<Reply> {
  const { db } = company.deps
  const message = await findMessage(db, account.orgId, asked.sid)
  if (!message || message.accountSid !== account.accountSid)
    return wrong(404, 20404, "The requested resource was not found")
  if (!asked.media) return { status: 200, json: showMessage(message) }
  const base = `/2010-04-01/Accounts/${account.accountSid}/Messages/${encodeURIComponent(message.sid)}/Media`
  if (asked.mediaSid === undefined) {
    const list = message.media.map((media) => showMedia(account, message, media, base))
    return {
      status: 200,
      json: { media_list: list, ...pageOf(`${base}.json`, new URLSearchParams(), { page: 0, limit: 50, more: false }) },
    }
  }
  const file = message.media.some((media) => media.sid === asked.mediaSid)
    ? await findMedia(db, account.orgId, asked.mediaSid)
    : null
  return file
    ? { status: 200, bytes: file.content, type: file.type }
    : wrong(404, 20404, "The requested resource was not found")
}

async function listOwned(company: RestCompany, { account, query }: Call): Promise<Reply> {
  const owned = await ownedNumbers(company.deps, account, query.get("PhoneNumber"))
  const base = `/2010-04-01/Accounts/${account.accountSid}/IncomingPhoneNumbers.json`
  const list = owned.map((number) => showNumber(account, number))
  return {
    status: 200,
    json: { incoming_phone_numbers: list, ...pageOf(base, query, { page: 0, limit: pageSizeMax, more: false }) },
  }
}

function hooksOf(form: URLSearchParams): Partial<SandboxNumber> {
  const names = {
    SmsUrl: "smsUrl",
    SmsFallbackUrl: "smsFallbackUrl",
    VoiceUrl: "voiceUrl",
    VoiceFallbackUrl: "voiceFallbackUrl",
    StatusCallback: "statusCallback",
  } as const
  const set: Partial<SandboxNumber> = {}
  for (const [theirs, ours] of Object.entries(names)) {
    const value = form.get(theirs)
    if (value !== null) set[ours] = value
  }
  return set
}

function wrong(status: number, code: number, message: string): { status: number; json: object } {
  return { status, json: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } }
}

function log(company: RestCompany, account: SandboxAccount, operation: string, key: string | null): Promise<void> {
  return logOperation(company.deps.db, account.orgId, { operation, key, at: company.deps.clock.now() })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > bodyBytesMax) throw new Error("body too large")
    parts.push(part)
  }
  return Buffer.concat(parts).toString("utf8")
}

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
