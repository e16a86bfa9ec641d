import { createHmac, timingSafeEqual } from "node:crypto"
import { sql } from "kysely"
import { newId } from "../../ids.ts"
import type { Keys } from "../../keys.ts"
import { invalid, type Problem } from "../../problem.ts"
import { RetryWrite, type Tx } from "../../store/write.ts"
import type { LiveChatApp } from "./live-chat-app.ts"

/** A signed-in customer of the site, vouched for by the site's signature (api.md 3.2 and 11, reliability 44). */
export type Identity = {
  externalId: string
  email?: string | undefined
  name?: string | undefined
  phone?: string | undefined
  /** RFC 3339, exactly as signed. */
  issuedAt: string
  signature: string
}

const identitySeconds = 600

/** Constant time; the signature covers the four strings exactly as sent, an absent e-mail as an empty line (api.md 11). */
export function refuseIdentity(keys: Keys, app: LiveChatApp, identity: Identity, real: Date): Problem | null {
  const refused = (pointer: string, detail: string) => invalid({ pointer, code: "identity_refused", detail })
  if (app.identitySecret === null) return refused("#/identity", "This chat app has no identity secret.")
  const signed = [app.appId, identity.externalId, identity.email ?? "", identity.issuedAt].join("\n")
  const expected = createHmac("sha256", keys.open(app.identitySecret)).update(signed).digest()
  const given = Buffer.from(identity.signature, "base64url")
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return refused("#/identity/signature", "The signature does not fit.")
  const ageMs = Math.abs(real.getTime() - Date.parse(identity.issuedAt))
  if (Number.isNaN(ageMs) || ageMs > identitySeconds * 1000)
    return refused("#/identity/issuedAt", `Signed too long ago: at most ${identitySeconds} s.`)
  return null
}

/** The customer whom the site vouches for: by its own id, else by the signed e-mail address, else a new one. */
export async function provedCustomer(tx: Tx, visitorAddress: string, identity: Identity): Promise<string> {
  const email = identity.email?.trim().toLowerCase() || null
  const known = await sql<{ customerId: string }>`
    SELECT coalesce(c.merged_into_id, c.id) AS customer_id FROM customer_addresses a
    JOIN customers c ON c.org_id = a.org_id AND c.id = a.customer_id
    WHERE a.org_id = ${tx.orgId} AND c.deleted_at IS NULL
      AND ((a.kind = 'external' AND a.value = ${identity.externalId}) OR (a.kind = 'email' AND a.value = ${email}))
    ORDER BY (a.kind = 'external') DESC LIMIT 1`.execute(tx.db)
  const found = known.rows[0]?.customerId
  const customerId = found ?? newId()
  if (!found) {
    await tx.db
      .insertInto("customers")
      .values({
        orgId: tx.orgId,
        id: customerId,
        name: identity.name ?? null,
        externalCustomerId: identity.externalId,
        createdAt: tx.now,
      })
      .execute()
    tx.event("customer.created", { customerId })
  }
  const addresses = [
    { kind: "external", value: identity.externalId, verifiedBy: "identity" },
    ...(email ? [{ kind: "email", value: email, verifiedBy: "identity" }] : []),
    { kind: "visitor", value: visitorAddress, verifiedBy: "channel" },
  ]
  const added = await tx.db
    .insertInto("customerAddresses")
    .values(addresses.map((address) => ({ orgId: tx.orgId, id: newId(), customerId, provedAt: tx.now, ...address })))
    .onConflict((conflict) => conflict.columns(["orgId", "kind", "value"]).doNothing())
    .returning("kind")
    .execute()
  // Somebody made the same customer meanwhile.
  if (!found && added.length < addresses.length)
    throw new RetryWrite("the customer of this identity was made by another")
  return customerId
}
