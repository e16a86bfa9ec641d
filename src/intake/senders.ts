import type { InboundEvent } from "./inbound-event.ts"
import { newId } from "../ids.ts"
import {
  addressKey,
  type CustomerRow,
  type FoundAddress,
  lockCustomers,
  type NewCustomer,
  putCustomers,
  type Sender,
} from "../store/customers.ts"
import type { Arrival } from "../store/inbound-events.ts"
import type { Tx } from "../store/write.ts"
import { Unprocessable } from "./unprocessable.ts"

export type Senders = {
  /** The customer who sent it, survivors of merges followed. */
  idOf(event: InboundEvent): string
  created: Set<string>
  /** Customers without a name whose message brought one. */
  toName: { id: string; name: string }[]
}

/** Found by the address that the channel proved, made where there is none, and locked until the commit. */
export async function findSenders(
  tx: Tx,
  arrivals: readonly Arrival[],
  found: readonly FoundAddress[],
): Promise<Senders> {
  const idOf = new Map(found.map((address) => [addressKey(address), address.customerId]))
  const made: NewCustomer[] = []
  for (const { event } of arrivals) {
    const key = addressKey(event.from)
    if (idOf.has(key)) continue
    const customer = { ...sender(event), id: newId(), addressId: newId() }
    idOf.set(key, customer.id)
    made.push(customer)
  }
  putCustomers(tx, made)
  const created = new Map(made.map((customer) => [customer.id, customer]))
  // Nobody else sees those that this transaction made: there is nothing to lock.
  const customers = await lockCustomers(
    tx,
    [...new Set(arrivals.map(({ event }) => idOf.get(addressKey(event.from)) ?? ""))].filter((id) => !created.has(id)),
  )
  const customerOf = (event: InboundEvent): Pick<CustomerRow, "id" | "name"> => {
    const id = idOf.get(addressKey(event.from)) ?? ""
    const customer = created.get(id) ?? customers.get(id)
    if (!customer) throw new Unprocessable("customer_missing", "The customer of this address is gone.")
    return customer
  }
  return {
    idOf: (event) => customerOf(event).id,
    created: new Set(created.keys()),
    toName: arrivals.flatMap(({ event }) => {
      const { id, name } = customerOf(event)
      return name === null && event.from.name && !created.has(id) ? [{ id, name: event.from.name }] : []
    }),
  }
}

function sender({ from, test }: InboundEvent): Sender {
  return { kind: from.kind, value: from.value, name: from.name?.trim() || null, verifiedBy: from.verifiedBy, test }
}
