import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import type { AddressKind } from "../core/customers/customer.ts"
import { newId } from "../ids.ts"
import { addressesOf, putCustomers } from "../store/customers.ts"
import { customersMatching } from "./search.ts"

let base: TestStore
const orgId = newId()

const people: [name: string | null, ...addresses: [AddressKind, string][]][] = [
  ["Maya Silva", ["email", "Maya.Silva@Example.com"], ["phone", "+14155550188"]],
  ["Jürgen MÜLLER-Lüdenscheidt", ["email", "jürgen@müller.example"]],
  ["Ольга Иванова", ["whatsapp", "+4915112345678"]],
  ["100% Cotton_Shop", ["email", "a_b%c@example.com"]],
  ["100 Cotton Shop", ["email", "aXbXc@example.com"]],
  ["back\\slash Ltd", ["twitter_dm", "BackSlash"]],
  [null, ["visitor", "maya-visitor-0188"], ["instagram", "Hidden_Name"]],
  ["İpek Straße", ["external", "ACME-0042"]],
]

beforeAll(async () => {
  base = await testStore()
  await add(orgId)
  // Of another organization: found by nobody here.
  await add(newId())
})
afterAll(() => base.close())

async function add(toOrg: string): Promise<void> {
  await base.store.write({ orgId: toOrg, kind: "act" }, async (tx) => {
    for (const [name, ...addresses] of people) {
      const id = newId()
      const [first, ...more] = addresses.map(([kind, value]) => ({ kind, value, name, verifiedBy: "channel" as const }))
      if (first) putCustomers(tx, [{ ...first, id, addressId: newId(), test: false }])
      await tx.flush()
      for (const { kind, value } of more)
        await sql`
          INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at)
          VALUES (${toOrg}, ${kind}, ${value}, ${newId()}, ${id}, now())`.execute(tx.db)
    }
  })
}

async function found(q: string, country = "US"): Promise<(string | null)[]> {
  const { rows } = await sql<{ name: string | null }>`
    SELECT name FROM customers WHERE org_id = ${orgId} AND id IN (${customersMatching(orgId, q, country)}) ORDER BY created_at, id`.execute(
    base.db,
  )
  return rows.map(({ name }) => name)
}

const maya = "Maya Silva"
const jürgen = "Jürgen MÜLLER-Lüdenscheidt"
test.each<[string, (string | null)[]]>([
  ["maya", [maya]],
  ["  SILVA   mAy ", [maya]],
  ["maya müller", []],
  ["maya.silva@EXAMPLE.COM", [maya]],
  ["MÜLLER", [jürgen]],
  ["müller", [jürgen]],
  ["JÜRGEN", [jürgen]],
  ["lüden jür", [jürgen]],
  ["@MÜLLER.example", [jürgen]],
  ["ОЛЬГА", ["Ольга Иванова"]],
  ["иванова ольга", ["Ольга Иванова"]],
  ["100%", ["100% Cotton_Shop"]],
  ["cotton_", ["100% Cotton_Shop"]],
  ["a_b%", ["100% Cotton_Shop"]],
  ["%", ["100% Cotton_Shop"]],
  ["_", ["100% Cotton_Shop", null]],
  ["back\\slash", ["back\\slash Ltd"]],
  ["\\", ["back\\slash Ltd"]],
  ["backslash", ["back\\slash Ltd"]],
  ["(415) 555-0188", [maya]],
  ["+1 415 555 0188", [maya]],
  ["415.555.0188", [maya]],
  ["555 0188", [maya]],
  ["0188", [maya]],
  ["+49 151 1234 5678", ["Ольга Иванова"]],
  ["hidden_n", [null]],
  ["HIDDEN", [null]],
  ["visitor", []],
  ["acme-0042", ["İpek Straße"]],
  ["straße", ["İpek Straße"]],
  ["STRASSE", []],
])("%s finds %j", async (q, names) => {
  expect(await found(q)).toEqual(names)
})

test("a number as it is written in one's own country", async () => {
  expect(await found("0151 12345678", "DE")).toEqual(["Ольга Иванова"])
})

test("the same is found without indexes and by them alone", async () => {
  const queries = ["maya", "müller", "100%", "a_b%", "(415) 555-0188", "back\\slash", "ОЛЬГА", "hidden_"]
  const all = (set: string) =>
    base.db.connection().execute(async (db) => {
      await sql.raw(set).execute(db)
      const answers: unknown[] = []
      for (const q of queries)
        answers.push((await sql`${customersMatching(orgId, q, "US")} ORDER BY 1`.execute(db)).rows)
      await sql`RESET ALL`.execute(db)
      return answers
    })
  const plain = await all("SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off")
  expect(await all("SET enable_seqscan = off")).toEqual(plain)
  expect(plain.map((rows) => (rows as unknown[]).length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
})

/** With so many rows that an index is worth it, as PostgreSQL plans for any parameters. */
async function plans(
  work: (explain: (statement: { sql: string; parameters: readonly unknown[] }) => Promise<string>) => Promise<void>,
) {
  await base.db.connection().execute(async (db) => {
    await sql`SET plan_cache_mode = force_generic_plan`.execute(db)
    await work(async ({ sql: text, parameters }) => {
      const { rows } = await db.executeQuery<{ "QUERY PLAN": string }>({
        sql: `EXPLAIN ${text}`,
        parameters,
        query: sql`SELECT 1`.compile(db).query,
        queryId: sql`SELECT 1`.compile(db).queryId,
      })
      return rows.map((row) => Object.values(row)[0]).join("\n")
    })
    await sql`RESET ALL`.execute(db)
  })
}

test("whoever searches goes by the trigram indexes; finding senders by their address does not", async () => {
  await sql`
    INSERT INTO customers (org_id, id, name, created_at)
    SELECT ${orgId}, gen_random_uuid(), 'Customer ' || md5(n::text), now() FROM generate_series(1, 20000) n`.execute(
    base.db,
  )
  await sql`
    INSERT INTO customer_addresses (org_id, kind, value, id, customer_id, proved_at)
    SELECT ${orgId}, 'email', md5(n::text) || '@example.com', gen_random_uuid(), gen_random_uuid(), now() FROM generate_series(1, 20000) n`.execute(
    base.db,
  )
  await sql`ANALYZE customers, customer_addresses`.execute(base.db)
  await plans(async (explain) => {
    const searching = await explain(customersMatching(orgId, "jürgen müller", "US").compile(base.db))
    expect(searching).toContain("customers_name")
    expect(searching).toContain("customer_addresses_value")
    const senders = [
      { kind: "email" as const, value: "maya@example.com" },
      { kind: "phone" as const, value: "+14155550188" },
    ]
    await base.store.write({ orgId, kind: "act" }, async (tx) => {
      const finding = await explain(addressesOf(tx, senders).compile(base.db))
      expect(finding).toContain("customer_addresses_pkey")
      expect(finding).not.toContain("customer_addresses_value")
    })
  })
})
