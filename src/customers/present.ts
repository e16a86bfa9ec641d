import { createHash } from "node:crypto"
import { type Kysely, sql } from "kysely"
import type { AddressKind, Customer, OptOut } from "../core/customers/customer.ts"
import type { DB } from "../store/tables.ts"

type Row = {
  id: string
  name: string | null
  attributes: Record<string, unknown>
  externalCustomerId: string | null
  language: string | null
  mergedIntoId: string | null
  version: number
  addresses: { id: string; kind: AddressKind; value: string; verifiedBy: "channel" | "identity" | "agent" }[]
  claims: { kind: AddressKind; value: string }[]
  optOuts: OptOut[]
}

/** Customers as the API shows them, in the order of `ids`; what they only say of themselves as not proved. */
export async function presentCustomers(db: Kysely<DB>, orgId: string, ids: readonly string[]): Promise<Customer[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<Row>`
    SELECT c.id, c.name, c.attributes, c.external_customer_id, c.language, c.merged_into_id, c.version,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'kind', a.kind, 'value', a.value, 'verifiedBy', a.verified_by)
        ORDER BY a.proved_at, a.id) FROM customer_addresses a WHERE a.org_id = c.org_id AND a.customer_id = c.id), '[]') AS addresses,
      coalesce((SELECT jsonb_agg(jsonb_build_object('kind', k.kind, 'value', k.value) ORDER BY k.claimed_at)
        FROM address_claims k WHERE k.org_id = c.org_id AND k.customer_id = c.id AND NOT EXISTS (
          SELECT 1 FROM customer_addresses a WHERE a.org_id = k.org_id AND a.kind = k.kind AND a.value = k.value
            AND a.customer_id = k.customer_id)), '[]') AS claims,
      coalesce((SELECT jsonb_agg(jsonb_build_object('customerAddress', o.customer_address, 'phoneNumberId', o.phone_number_id,
          'keyword', o.keyword, 'since', o.since) ORDER BY o.since)
        FROM opt_outs o JOIN customer_addresses a ON a.org_id = o.org_id AND a.kind = 'phone' AND a.value = o.customer_address
        WHERE a.org_id = c.org_id AND a.customer_id = c.id), '[]') AS opt_outs
    FROM customers c WHERE c.org_id = ${orgId} AND c.id = ANY(${[...ids]}) AND c.deleted_at IS NULL`.execute(db)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row ? [show(row)] : []
  })
}

export async function presentCustomer(db: Kysely<DB>, orgId: string, id: string): Promise<Customer | null> {
  return (await presentCustomers(db, orgId, [id]))[0] ?? null
}

function show({ addresses, claims, ...row }: Row): Customer {
  return {
    id: row.id,
    name: row.name,
    addresses: [
      ...addresses.map((address) => ({ ...address, proved: true })),
      ...claims.map((claim) => ({ id: claimId(row.id, claim), ...claim, proved: false, verifiedBy: null })),
    ],
    attributes: row.attributes,
    dedicated: null,
    optOuts: row.optOuts.map((optOut) => ({ ...optOut, since: new Date(optOut.since).toISOString() })),
    externalCustomerId: row.externalCustomerId,
    language: row.language,
    mergedIntoId: row.mergedIntoId,
    version: row.version,
  }
}

/** A claim has no row of its own to be named by. */
function claimId(customerId: string, claim: { kind: string; value: string }): string {
  const hash = createHash("sha256").update([customerId, claim.kind, claim.value].join("\n")).digest("hex")
  return `claim-${hash.slice(0, 24)}`
}
