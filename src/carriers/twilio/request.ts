import { type HttpClient, type OutboundAnswer, OutboundError } from "../../http-client.ts"
import type { CarrierAccount, CarrierFailure, CarrierResult } from "../carrier.ts"

export type RestRequest = {
  method: "GET" | "POST"
  /** Under the account, such as `/Messages.json`; or a path from the root, as the company's own links are. */
  path: string
  query?: Readonly<Record<string, string>>
  form?: readonly (readonly [string, string])[]
  timeoutMs?: number
}

const timeoutMsDefault = 10_000
const pagesMax = 50

/** One call of the company's REST API. Throws `OutboundError` only. */
export function callRest(http: HttpClient, account: CarrierAccount, request: RestRequest): Promise<OutboundAnswer> {
  const root = `${account.baseUrl}/2010-04-01`
  const at = request.path.startsWith("/2010-04-01/")
    ? account.baseUrl + request.path
    : `${root}/Accounts/${account.accountSid}${request.path}`
  const url = request.query ? `${at}?${new URLSearchParams(request.query)}` : at
  return http.send({
    url,
    method: request.method,
    headers: {
      authorization: authorizationOf(account),
      accept: "application/json",
      ...(request.form && { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(request.form && { body: new URLSearchParams(request.form.map(([name, value]) => [name, value])).toString() }),
    timeoutMs: request.timeoutMs ?? timeoutMsDefault,
    alsoAllow: ownFarEndOf(account),
  })
}

/** A call whose JSON answer is wanted; what the company or the network did wrong comes back as a failure. */
export async function askRest(
  http: HttpClient,
  account: CarrierAccount,
  request: RestRequest,
): Promise<CarrierResult<Record<string, unknown>>> {
  try {
    const answer = await callRest(http, account, request)
    const body = readJson(answer.body)
    if (answer.status >= 200 && answer.status < 300 && body) return { ok: true, value: body }
    return failureOf(answer, body)
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    return { ok: false, kind: "unreachable", code: error.kind, text: error.message }
  }
}

/** All pages of a list, by the company's own links. `key` names the list in the answer. */
export async function askPages(
  http: HttpClient,
  account: CarrierAccount,
  request: RestRequest & { key: string },
): Promise<CarrierResult<Record<string, unknown>[]>> {
  const items: Record<string, unknown>[] = []
  let next: RestRequest = request
  for (let page = 0; page < pagesMax; page++) {
    const answer = await askRest(http, account, next)
    if (!answer.ok) return answer
    const list = answer.value[request.key]
    if (!Array.isArray(list))
      return { ok: false, kind: "failed", code: "unreadable", text: "the carrier's list cannot be read" }
    items.push(...list.filter(isRecord))
    const link = answer.value.next_page_uri
    if (typeof link !== "string" || !link.startsWith("/2010-04-01/")) break
    next = { method: "GET", path: link }
  }
  return { ok: true, value: items }
}

export function failureOf(answer: OutboundAnswer, body: Record<string, unknown> | null): CarrierFailure {
  const code =
    body && (typeof body.code === "number" || typeof body.code === "string") ? String(body.code) : String(answer.status)
  const text = body && typeof body.message === "string" ? body.message : `the carrier answered ${answer.status}`
  const refused = answer.status === 401 || answer.status === 403
  const kind = refused ? "refused" : answer.status >= 500 || answer.status === 429 ? "unreachable" : "failed"
  return { ok: false, kind, code, text }
}

export function readJson(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"))
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

export function authorizationOf(account: CarrierAccount): string {
  return `Basic ${Buffer.from(`${account.accountSid}:${account.authToken}`).toString("base64")}`
}

export function ownFarEndOf(account: CarrierAccount): readonly string[] {
  return account.ownFarEnd ? [new URL(account.baseUrl).host] : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
