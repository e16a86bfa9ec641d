import type { Customer, CustomerAddress } from "../../../src/core/customers/customer.ts"
import { formatPhoneNumber } from "../field/phone-number.ts"

/** As a person would write it; what only machines read is left out. */
export function shownAddresses({ addresses }: Pick<Customer, "addresses">, kind?: CustomerAddress["kind"]): string[] {
  return addresses
    .filter((address) => (kind ? address.kind === kind : address.kind !== "visitor" && address.kind !== "external"))
    .map((address) => (address.kind === "phone" ? formatPhoneNumber(address.value) : address.value))
}
