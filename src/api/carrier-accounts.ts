import { sql } from "kysely"
import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import {
  type AccountSettings,
  deleteAccount,
  insertAccount,
  lockAccount,
  readAccounts,
  sandboxSettings,
  showAccount,
  updateAccount,
} from "../carriers/account-book.ts"
import type { Accounts } from "../carriers/accounts.ts"
import { CarrierAccount, CarrierNumber } from "../core/carriers/carrier-account.ts"
import type { HttpClient } from "../http-client.ts"
import type { Keys } from "../keys.ts"
import { type FieldError, invalid, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { created, noContent, ok, wholeList } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { type Route, route } from "./route.ts"

/** Accounts at telephone companies (api.md 2.6). */

export type CarrierAccountDeps = { store: Store; keys: Keys; accounts: Accounts; http: HttpClient; publicUrl: string }

const Name = oneLine(100).min(1)
const AccountSid = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9]{2,64}$/)
const AuthToken = z.string().trim().min(1).max(200)
const BaseUrl = z
  .string()
  .trim()
  .max(500)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "") && !/[?#]/.test(text), {
    error: "Enter an http or https address without a query.",
  })
  .transform((text) => text.replace(/\/+$/, ""))

export function carrierAccountRoutes({ store, keys, accounts, http, publicUrl }: CarrierAccountDeps): Route[] {
  const { db } = store

  async function one(orgId: string, id: string): Promise<CarrierAccount> {
    const [account] = await readAccounts(db, orgId, id)
    if (!account) throw problem("not_found")
    return showAccount(account, publicUrl)
  }

  /** Tries what was typed before it is stored. `authToken` is open here. */
  async function judge(
    orgId: string,
    typed: Pick<AccountSettings, "carrier" | "accountSid" | "authToken" | "baseUrl">,
  ): Promise<CarrierAccount["status"]> {
    if (typed.baseUrl !== null && !(await http.allows(typed.baseUrl))) {
      throw invalid(refusedAddress)
    }
    const { account, carrier } = accounts.open({ orgId, id: "", ...typed })
    let checked = await carrier.check(account)
    // Where the account cannot be shown, the list of its numbers tells whether it knows us.
    if (!checked.ok && checked.kind === "failed" && carrier.numbers) {
      const listed = await carrier.numbers.list(account)
      checked = listed.ok ? { ok: true, value: null } : listed
    }
    if (checked.ok) return "active"
    if (checked.kind !== "refused") return "unreachable"
    // Our own door refuses what redirects or resolves to a private address.
    const code = checked.code === "refused" ? "address_refused" : "credentials_refused"
    throw invalid({
      pointer: code === "address_refused" ? "#/baseUrl" : "#/authToken",
      code,
      detail: "The carrier refused the account SID or the token.",
    })
  }

  /** The stored token is shown to nobody, so it goes to no other address than the one it was typed for. */
  async function refuseWithoutToken(baseUrl: string | null | undefined): Promise<never> {
    const token = {
      pointer: "#/authToken",
      code: "required",
      detail: "Enter the token again: it would go to another address.",
    }
    throw baseUrl && !(await http.allows(baseUrl)) ? invalid(refusedAddress, token) : invalid(token)
  }

  return [
    route({
      method: "GET",
      path: "/carrier-accounts",
      action: "carrierAccount.edit",
      answers: { 200: z.object({ items: z.array(CarrierAccount), nextCursor: z.null() }) },
      async handle({ principal }) {
        return wholeList((await readAccounts(db, principal.orgId)).map((account) => showAccount(account, publicUrl)))
      },
    }),
    route({
      method: "POST",
      path: "/carrier-accounts",
      action: "carrierAccount.edit",
      idempotent: true,
      body: z.object({
        carrier: z.enum(["sandbox", "twilio"]),
        name: Name,
        accountSid: AccountSid.optional(),
        authToken: AuthToken.optional(),
        baseUrl: BaseUrl.nullable().optional(),
      }),
      answers: { 201: CarrierAccount },
      async handle({ principal, body, now, write }) {
        const { carrier, name, accountSid, authToken, baseUrl = null } = body
        let settings = sandboxSettings(keys, name, now)
        if (carrier === "twilio") {
          if (accountSid === undefined || authToken === undefined) throw invalid(...missing({ accountSid, authToken }))
          const status = await judge(principal.orgId, { carrier, accountSid, authToken, baseUrl })
          settings = { carrier, name, accountSid, authToken: keys.seal(authToken), baseUrl, status, checkedAt: now }
        }
        return write(async (tx) => {
          const id = await insertAccount(tx, settings)
          const [account] = await readAccounts(tx.db, tx.orgId, id)
          return created(`/carrier-accounts/${id}`, account && showAccount(account, publicUrl))
        })
      },
    }),
    route({
      method: "GET",
      path: "/carrier-accounts/:id",
      action: "carrierAccount.edit",
      answers: { 200: CarrierAccount },
      handle: async ({ principal, params }) => ok(await one(principal.orgId, params.id)),
    }),
    route({
      method: "PATCH",
      path: "/carrier-accounts/:id",
      action: "carrierAccount.edit",
      versioned: true,
      body: z.object({
        name: Name.optional(),
        accountSid: AccountSid.optional(),
        authToken: AuthToken.optional(),
        baseUrl: BaseUrl.nullable().optional(),
      }),
      answers: { 200: CarrierAccount },
      async handle({ principal, params, body, now, ifMatch, write }) {
        const [before] = await readAccounts(db, principal.orgId, params.id)
        if (!before) throw problem("not_found")
        expectVersion(ifMatch, before)
        const { name } = body
        // What is sent back as it was read changes nothing.
        const touched = (["accountSid", "authToken", "baseUrl"] as const).filter(
          (field) => body[field] !== undefined && (field === "authToken" || body[field] !== before[field]),
        )
        const isTouched = touched.length > 0
        if (before.carrier === "sandbox" && isTouched) throw invalid(...touched.map(immutable))
        if (body.authToken === undefined && isElsewhere(body.baseUrl, before.baseUrl))
          await refuseWithoutToken(body.baseUrl)
        const typed = {
          carrier: before.carrier,
          accountSid: body.accountSid ?? before.accountSid,
          authToken: body.authToken ?? keys.open(before.authToken),
          baseUrl: body.baseUrl === undefined ? before.baseUrl : body.baseUrl,
        }
        const status = isTouched ? await judge(principal.orgId, typed) : before.status
        await write(async (tx) => {
          const current = await lockAccount(tx, params.id)
          expectVersion(ifMatch, current)
          const checkedAt = isTouched ? now : current.checkedAt
          await updateAccount(tx, current, {
            ...typed,
            authToken: keys.seal(typed.authToken),
            name: name ?? current.name,
            status,
            checkedAt,
          })
        })
        accounts.forget(params.id)
        return ok(await one(principal.orgId, params.id))
      },
    }),
    route({
      method: "DELETE",
      path: "/carrier-accounts/:id",
      action: "carrierAccount.edit",
      answers: { 204: null },
      problems: ["carrier_in_use"],
      async handle({ params, write }) {
        await write(async (tx) => deleteAccount(tx, await lockAccount(tx, params.id)))
        accounts.forget(params.id)
        return noContent()
      },
    }),
    route({
      method: "GET",
      path: "/carrier-accounts/:id/numbers",
      action: "carrierAccount.edit",
      summary: "Numbers that the account owns at the carrier",
      answers: { 200: z.object({ items: z.array(CarrierNumber), nextCursor: z.null() }) },
      problems: ["carrier_failed"],
      async handle({ principal, params }) {
        const found = await accounts.get(principal.orgId, params.id)
        if (!found) throw problem("not_found")
        const listed = await found.carrier.numbers?.list(found.account)
        if (!listed?.ok) throw problem("carrier_failed", { carrierCode: listed?.code ?? null })
        const { rows } = await sql<{ e164: string }>`
          SELECT e164 FROM phone_numbers WHERE org_id = ${principal.orgId} AND released_at IS NULL`.execute(db)
        const adopted = new Set(rows.map((row) => row.e164))
        return wholeList(
          listed.value.map(({ e164, capabilities }) => ({ e164, capabilities, adopted: adopted.has(e164) })),
        )
      },
    }),
  ]
}

const refusedAddress = {
  pointer: "#/baseUrl",
  code: "address_refused",
  detail: "This address is private. OUTBOUND_ALLOW may list it.",
}

function isElsewhere(asked: string | null | undefined, stored: string | null): boolean {
  const originOf = (url: string | null) => (url === null ? null : (URL.parse(url)?.origin ?? null))
  return asked !== undefined && originOf(asked) !== originOf(stored)
}

function missing(fields: Record<string, unknown>): FieldError[] {
  return Object.keys(fields)
    .filter((name) => fields[name] === undefined)
    .map((name) => ({ pointer: `#/${name}`, code: "required", detail: "Enter a value." }))
}

function immutable(name: string): FieldError {
  return {
    pointer: `#/${name}`,
    code: "immutable",
    detail: "The sandbox's own account has nothing to change but its name.",
  }
}
