import { insertClaims, nameCustomers } from "../../store/customers.ts"
import type { Store } from "../../store/write.ts"
import { claimsOf, type Visitor } from "./visitors.ts"

/** What a visitor says of himself. */
export type Profile = {
  name?: string | null | undefined
  email?: string | null | undefined
  phone?: string | null | undefined
}

/** Kept for the next message and, where the customer is known, as claims beside it: shown as unverified, never matched. */
export async function saveProfile(store: Store, visitor: Visitor, given: Profile): Promise<void> {
  const profile = { ...visitor.profile }
  for (const key of ["name", "email", "phone"] as const) if (given[key]) profile[key] = given[key]
  visitor.profile = profile
  await store.db
    .updateTable("visitors")
    .set({ profile: JSON.stringify(profile) })
    .where("orgId", "=", visitor.orgId)
    .where("id", "=", visitor.id)
    .execute()
  const { customerId } = visitor
  if (customerId === null || visitor.externalId !== null) return
  await store.write({ orgId: visitor.orgId, kind: "intake" }, async (tx) => {
    if (profile.name) await nameCustomers(tx, [{ id: customerId, name: profile.name }])
    await insertClaims(
      tx,
      claimsOf(visitor).map((claim) => ({ ...claim, customerId })),
    )
    tx.event("customer.updated", { customerId })
  })
}
