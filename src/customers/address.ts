import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js"
import { z } from "zod"
import { type FieldError, invalid, Problem, problem } from "../problem.ts"
import type { AddressKind } from "../core/customers/customer.ts"
import { newId } from "../ids.ts"
import type { Tx } from "../store/write.ts"

export type NewAddress = { kind: AddressKind; value: string }

const valueLengthMax = 320

/** As it is stored and matched: E.164 (read with the organization's country), lower-case mail. 422 at `pointer`. */
export function normalAddress({ kind, value }: NewAddress, country: string, pointer: string): string {
  const text = value.trim()
  if (text === "") throw invalid({ pointer, code: "required", detail: "Enter an address." })
  if (text.length > valueLengthMax)
    throw invalid({ pointer, code: "too_long", detail: `Use at most ${valueLengthMax} characters.` })
  if (kind === "phone") {
    const number = parsePhoneNumberFromString(text, country as CountryCode)
    if (!number?.isPossible())
      throw invalid({ pointer, code: "phone_number_invalid", detail: "This is no telephone number." })
    return number.number
  }
  if (kind === "email") {
    const mail = z.email().safeParse(text.toLowerCase())
    if (!mail.success) throw invalid({ pointer, code: "pattern", detail: "This is no e-mail address." })
    return mail.data
  }
  return text
}

/** All of a list as they are stored; every wrong one, and every one that stands there before, is named at once. */
export function normalAddresses(addresses: readonly NewAddress[], country: string): NewAddress[] {
  const errors: FieldError[] = []
  const known = new Map<string, number>()
  const normal = addresses.flatMap(({ kind, value: typed }, index): NewAddress[] => {
    const pointer = `#/addresses/${index}/value`
    try {
      const value = normalAddress({ kind, value: typed }, country, pointer)
      const before = known.get(`${kind} ${value}`)
      if (before !== undefined)
        errors.push({ pointer, code: "duplicate", detail: `This address stands there already (row ${before + 1}).` })
      known.set(`${kind} ${value}`, before ?? index)
      return [{ kind, value }]
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      errors.push(...(error.errors ?? []))
      return []
    }
  })
  if (errors.length > 0) throw invalid(...errors)
  return normal
}

/**
 * 409 `address_taken` with the customer who has it and the place of the address in the body; the same customer again is
 * no change. Answers its id.
 */
export async function addAddress(tx: Tx, customerId: string, address: NewAddress, pointer: string): Promise<string> {
  const { kind, value } = address
  const inserted = await tx.db
    .insertInto("customerAddresses")
    .values({ orgId: tx.orgId, kind, value, id: newId(), customerId, provedAt: tx.now, verifiedBy: "agent" })
    .onConflict((conflict) => conflict.columns(["orgId", "kind", "value"]).doNothing())
    .returning("id")
    .executeTakeFirst()
  if (inserted) {
    tx.event("customer_address.added", {
      customerId,
      addressId: inserted.id,
      kind,
      value,
      verifiedBy: "agent",
      survivorId: null,
    })
    return inserted.id
  }
  const held = await tx.db
    .selectFrom("customerAddresses")
    .select(["id", "customerId"])
    .where("orgId", "=", tx.orgId)
    .where("kind", "=", kind)
    .where("value", "=", value)
    .executeTakeFirstOrThrow()
  if (held.customerId !== customerId)
    throw problem("address_taken", { pointer, customerId: held.customerId }, "Another customer has this address.")
  return held.id
}
