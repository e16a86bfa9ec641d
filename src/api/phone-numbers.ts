import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max"
import { z } from "zod"
import { hookUrlsOf } from "../carriers/account-book.ts"
import type { Accounts } from "../carriers/accounts.ts"
import type { OwnedNumber } from "../carriers/carrier.ts"
import { activateSms, deactivateSms } from "../channels/sms/activation.ts"
import type { SmsNumbers } from "../channels/sms/numbers.ts"
import { insertNumber, isNumberOwned, numberOwned, readNumbers, readUses } from "../channels/sms/phone-number-book.ts"
import { NumberType, NumberUse, PhoneNumber } from "../core/carriers/phone-number.ts"
import { EntryPoint } from "../core/entry-points/entry-point.ts"
import { showEntryPoint } from "../entry-points/read.ts"
import { type FieldError, invalid, problem } from "../problem.ts"
import { loadPicture } from "../store/ways-in.ts"
import type { Store } from "../store/write.ts"
import { Answer, created, ok, wholeList } from "./answer.ts"
import { listParam, textParam } from "./query.ts"
import { type Route, route } from "./route.ts"

/** Numbers of ours and their text messages (api.md 2.6). */

export type PhoneNumberDeps = { store: Store; accounts: Accounts; smsNumbers: SmsNumbers; publicUrl: string }

const unknownAccount: FieldError = {
  pointer: "#/carrierAccountId",
  code: "unknown_reference",
  detail: "Choose one of your carrier accounts.",
}

const Text = z.string().trim().min(1).max(1_600).nullable()

export function phoneNumberRoutes({ store, accounts, smsNumbers, publicUrl }: PhoneNumberDeps): Route[] {
  const { db } = store

  async function one(orgId: string, id: string, now: Date): Promise<PhoneNumber> {
    const [number] = await readNumbers(db, orgId, now, { id })
    if (!number) throw problem("not_found")
    return number
  }

  async function entryPoint(orgId: string, id: string): Promise<EntryPoint | null> {
    const picture = await loadPicture(db, orgId)
    const row = picture.entryPoints.find((one) => one.id === id)
    return row ? showEntryPoint(picture, row) : null
  }

  /** Asks the company whether the account owns the number, and has it report to us. */
  async function claim(orgId: string, accountId: string, e164: string): Promise<OwnedNumber> {
    const found = await accounts.get(orgId, accountId)
    const numbers = found?.carrier.numbers
    if (!found || !numbers) throw invalid(unknownAccount)
    if (await isNumberOwned(db, e164)) throw await numberOwned(db, orgId, e164)
    const owned = await numbers.find(e164, found.account)
    if (!owned.ok) throw problem("carrier_failed", { carrierCode: owned.code })
    if (!owned.value)
      throw invalid({
        pointer: "#/e164",
        code: "unknown_reference",
        detail: "The carrier account does not own this number.",
      })
    const set = await numbers.setHooks(owned.value.externalId, hookUrlsOf(accountId, publicUrl), found.account)
    if (!set.ok) throw problem("carrier_failed", { carrierCode: set.code })
    return owned.value
  }

  return [
    route({
      method: "GET",
      path: "/phone-numbers",
      action: "phoneNumber.read",
      list: true,
      query: z.object({
        setup: listParam(["unconfigured", "direct_line", "ivr"]).optional(),
        sms: listParam(["inactive", "active", "deactivated_on_request"]).optional(),
        type: listParam(NumberType.options).optional(),
        capability: z.enum(["voice", "sms", "mms"]).optional(),
        q: textParam.optional(),
      }),
      answers: { 200: z.object({ items: z.array(PhoneNumber), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, now, list, page }) {
        const afterId = list.after ? String(list.after[0]) : null
        const rows = await readNumbers(db, principal.orgId, now, { ...query, afterId, limit: list.limit + 1 })
        return page(
          rows,
          (row) => [row.id],
          (row) => row,
        )
      },
    }),
    route({
      method: "POST",
      path: "/phone-numbers",
      action: "phoneNumber.edit",
      idempotent: true,
      summary: "Adopts a number that a carrier account owns",
      body: z.object({
        carrierAccountId: z.uuid(),
        e164: z.string().max(40),
        origin: z.enum(["adopted", "ported", "forwarded"]).default("adopted"),
      }),
      answers: { 201: PhoneNumber },
      problems: ["number_owned", "carrier_failed"],
      async handle({ principal, body, now, write }) {
        const organization = await db
          .selectFrom("organizations")
          .select("country")
          .where("id", "=", principal.orgId)
          .executeTakeFirst()
        const parsed = parsePhoneNumberFromString(body.e164, (organization?.country ?? "US") as CountryCode)
        if (!parsed?.isValid())
          throw invalid(...((await accounts.get(principal.orgId, body.carrierAccountId)) ? [] : [unknownAccount]), {
            pointer: "#/e164",
            code: "phone_number_invalid",
            detail: "This is no telephone number. Write it as +14155551243.",
          })
        const owned = await claim(principal.orgId, body.carrierAccountId, parsed.number)
        const number = {
          owned,
          carrierAccountId: body.carrierAccountId,
          origin: body.origin,
          country: parsed.country ?? "US",
          type: typeOf(parsed.getType()),
        }
        return write(async (tx) => {
          const id = await insertNumber(tx, number)
          const [shown] = await readNumbers(tx.db, tx.orgId, now, { id })
          return created(`/phone-numbers/${id}`, shown)
        })
      },
    }),
    route({
      method: "GET",
      path: "/phone-numbers/:id",
      action: "phoneNumber.read",
      answers: { 200: PhoneNumber },
      handle: async ({ principal, params, now }) => ok(await one(principal.orgId, params.id, now)),
    }),
    route({
      method: "GET",
      path: "/phone-numbers/:id/uses",
      action: "phoneNumber.read",
      answers: { 200: z.object({ items: z.array(NumberUse), nextCursor: z.null() }) },
      async handle({ principal, params, now }) {
        await one(principal.orgId, params.id, now)
        return wholeList(await readUses(db, principal.orgId, params.id))
      },
    }),
    route({
      method: "PUT",
      path: "/phone-numbers/:id/sms-activation",
      action: "phoneNumber.edit",
      body: z.object({ helpText: Text.optional(), optOutText: Text.optional() }).optional(),
      answers: { 200: EntryPoint },
      problems: ["capability_missing", "sms_deactivated_on_request", "default_inbox_missing"],
      async handle({ principal, params, body, now, write }) {
        const texts = {
          ...(body?.helpText !== undefined && { helpText: body.helpText }),
          ...(body?.optOutText !== undefined && { optOutText: body.optOutText }),
        }
        const id = await write((tx) => activateSms(tx, params.id, texts))
        smsNumbers.forget(principal.orgId, (await one(principal.orgId, params.id, now)).e164)
        return ok(await entryPoint(principal.orgId, id))
      },
    }),
    route({
      method: "DELETE",
      path: "/phone-numbers/:id/sms-activation",
      action: "phoneNumber.edit",
      answers: { 200: EntryPoint, 204: null },
      async handle({ principal, params, now, write }) {
        const id = await write((tx) => deactivateSms(tx, params.id))
        smsNumbers.forget(principal.orgId, (await one(principal.orgId, params.id, now)).e164)
        return id === null ? new Answer(204, null) : ok(await entryPoint(principal.orgId, id))
      },
    }),
  ]
}

function typeOf(found: string | undefined): NumberType {
  if (found === "TOLL_FREE") return "toll_free"
  return found === "MOBILE" ? "mobile" : "local"
}
