import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js"
import { z } from "zod"
import { invalid, problem } from "../problem.ts"
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

/** 409 `address_taken` with the customer who has it; the same customer again is no change. Answers its id. */
export async function addAddress(tx: Tx, customerId: string, address: NewAddress): Promise<string> {
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
    throw problem("address_taken", { customerId: held.customerId }, "Another customer has this address.")
  return held.id
}
