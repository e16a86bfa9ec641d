import pg from "pg"
import { keysFrom } from "../src/keys.ts"
import { setupCode } from "./program.ts"
import type { TextTarget } from "./signed-text.ts"

/** A company set up over the API of a program of its own, with numbers that take texts. */
export type Company = {
  orgId: string
  userId: string
  cookie: string
  call<Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Body>
  inboxIds: Record<string, string>
  /** By Inbox: a number whose texts go there. */
  numbers: Record<string, TextTarget>
}

export const password = "correct horse battery"

type Id = { id: string }
type Versioned = { version: number }

/** The first Inbox is the default of text messages. `secretKey` is the program's SECRET_KEY. */
export async function foundCompany(
  program: { url: string; databaseUrl: string; secretKey: string; publicUrl?: string },
  { inboxes, messaging = {} }: { inboxes: readonly string[]; messaging?: object },
): Promise<Company> {
  const { url } = program
  const organization = { name: "Retale", timeZone: "America/New_York", country: "US" }
  const user = { name: "Jordan", email: "jordan@retale.com", password }
  const setup = await fetch(`${url}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: setupCode, organization, user }),
  })
  if (setup.status !== 201) throw new Error(`set-up answered ${setup.status} ${await setup.text()}`)
  const cookie = (setup.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  const made = (await setup.json()) as { organization: Id; user: Id }
  const call = callAs(url, cookie)
  const settings = await call<Versioned>("GET", "/workflow-settings")
  await call("PATCH", "/workflow-settings", { messaging }, ifMatch(settings))
  const inboxIds: Record<string, string> = {}
  for (const name of inboxes) inboxIds[name] = (await call<Id>("POST", "/inboxes", { name })).id
  const defaultInboxId = inboxIds[inboxes[0] ?? ""]
  const empty = await call<Versioned>("GET", "/channel-routings/sms")
  const saved = await call<Versioned>(
    "PUT",
    "/channel-routings/sms",
    { defaultInboxId, exceptions: [] },
    ifMatch(empty),
  )
  const target = { publicUrl: program.publicUrl ?? url, ...(await sandboxAccount(program, call)) }
  const numbers: Record<string, TextTarget> = {}
  const exceptions: { entryPointId: string; inboxId: string | undefined; slaMinutesText: null }[] = []
  for (const [index, name] of inboxes.entries()) {
    const e164 = `+141555598${String(12 + index).padStart(2, "0")}`
    const number = await call<Id>("POST", "/phone-numbers", { carrierAccountId: target.accountId, e164 })
    const entryPoint = await call<Id>("PUT", `/phone-numbers/${number.id}/sms-activation`, {})
    numbers[name] = { ...target, e164 }
    if (index > 0) exceptions.push({ entryPointId: entryPoint.id, inboxId: inboxIds[name], slaMinutesText: null })
  }
  await call("PUT", "/channel-routings/sms", { defaultInboxId, exceptions }, ifMatch(saved))
  return { orgId: made.organization.id, userId: made.user.id, cookie, call, inboxIds, numbers }
}

/** Invites somebody, who accepts; answers the session's cookie. */
export async function hire(
  url: string,
  { call, inboxIds }: Company,
  person: { name: string; email: string; inboxes: readonly string[] },
): Promise<{ id: string; cookie: string }> {
  const ids = person.inboxes.map((name) => inboxIds[name])
  const invitation = { emails: [person.email], roles: ["agent"], inboxIds: ids }
  const invited = await call<{ items: { link: string }[] }>("POST", "/invitations", invitation)
  const token = invited.items[0]?.link.split("#token=")[1]
  const accepted = await fetch(`${url}/api/invitations/acceptances`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, name: person.name, password }),
  })
  if (accepted.status !== 201) throw new Error(`the invitation answered ${accepted.status} ${await accepted.text()}`)
  const { user } = (await accepted.json()) as { user: Id }
  return { id: user.id, cookie: (accepted.headers.get("set-cookie") ?? "").split(";")[0] ?? "" }
}

/** Throws what is answered with anything but success. */
export function callAs(url: string, cookie: string): Company["call"] {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers: { cookie, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? undefined : answer.json()
  }
}

export function ifMatch({ version }: Versioned): Record<string, string> {
  return { "if-match": `"${version}"` }
}

/** Its token is write-only over the API. */
async function sandboxAccount(program: { databaseUrl: string; secretKey: string }, call: Company["call"]) {
  const account = (await call<{ items: { id: string; accountSid: string }[] }>("GET", "/carrier-accounts")).items[0]
  const client = new pg.Client({ connectionString: program.databaseUrl })
  await client.connect()
  const { rows } = await client.query("SELECT auth_token FROM carrier_accounts WHERE id = $1", [account?.id])
  await client.end()
  if (!account) throw new Error("no sandbox account")
  const authToken = keysFrom(program.secretKey).open(rows[0].auth_token)
  return { accountId: account.id, accountSid: account.accountSid, authToken }
}
