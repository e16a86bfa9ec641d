import type { InboundEvent } from "./inbound-event.ts"
import { addressKey, type CustomerRow, lockCustomers, type Sender, upsertCustomers } from "../store/customers.ts"
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
export async function findSenders(tx: Tx, arrivals: readonly Arrival[]): Promise<Senders> {
  const { idOf, created } = await upsertCustomers(
    tx,
    arrivals.map(({ event }) => sender(event)),
  )
  // Nobody else sees those that this transaction made: there is nothing to lock.
  const customers = await lockCustomers(
    tx,
    [...new Set(idOf.values())].filter((id) => !created.has(id)),
  )
  const customerOf = (event: InboundEvent): Pick<CustomerRow, "id" | "name"> => {
    const id = idOf.get(addressKey(event.from)) ?? ""
    const customer = created.has(id) ? { id, name: event.from.name ?? null } : customers.get(id)
    if (!customer) throw new Unprocessable("customer_missing", "The customer of this address is gone.")
    return customer
  }
  return {
    idOf: (event) => customerOf(event).id,
    created,
    toName: arrivals.flatMap(({ event }) => {
      const { id, name } = customerOf(event)
      return name === null && event.from.name && !created.has(id) ? [{ id, name: event.from.name }] : []
    }),
  }
}

function sender({ from, test }: InboundEvent): Sender {
  return { kind: from.kind, value: from.value, name: from.name?.trim() || null, verifiedBy: from.verifiedBy, test }
}
