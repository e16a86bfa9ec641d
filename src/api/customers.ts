import { type Kysely, type RawBuilder, sql } from "kysely"
import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import type { AttachmentLinks } from "../conversations/attachment-link.ts"
import { closeForDeletedCustomer } from "../conversations/closure.ts"
import { listConversationIds } from "../conversations/list.ts"
import { presentConversations } from "../conversations/present.ts"
import { customersMatching } from "../conversations/search.ts"
import { isSeen, type Sight } from "../conversations/sight.ts"
import { readCustomerTimeline } from "../conversations/timeline.ts"
import { Conversation } from "../core/conversations/conversation.ts"
import { TimelineItem } from "../core/conversations/timeline-item.ts"
import { AddressKind, Customer, CustomerAddress } from "../core/customers/customer.ts"
import { addAddress, type NewAddress, normalAddress, normalAddresses } from "../customers/address.ts"
import { createCustomer, editCustomer, lockCustomerRow, removeAddress } from "../customers/customer.ts"
import { listCustomerIds } from "../customers/list.ts"
import { presentCustomer, presentCustomers } from "../customers/present.ts"
import { removeCustomer } from "../customers/removal.ts"
import type { Principal } from "../identity/principal.ts"
import { invalid, problem } from "../problem.ts"
import type { DB } from "../store/tables.ts"
import type { Store, Tx } from "../store/write.ts"
import { Answer, created, noContent, ok } from "./answer.ts"
import { actingOf, sightOf } from "./conversations/acting.ts"
import { byShownTime, timelineQuery } from "./conversations/routes.ts"
import { expectVersion } from "./etag.ts"
import { textParam } from "./query.ts"
import { type Route, route } from "./route.ts"

const Address = z.object({ kind: AddressKind.exclude(["visitor"]), value: z.string().max(320) })
/** Among those of a customer a visitor's may stand, sent back as read. */
const AnyAddress = z.object({ kind: AddressKind, value: z.string().max(320) })
const addressesMax = 100
const Name = oneLine(200).min(1).nullable()
const Attributes = z.record(
  z.string().min(1).max(100),
  z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]),
)
const Fields = {
  name: Name.optional(),
  attributes: Attributes.optional(),
  language: z.string().max(35).nullable().optional(),
  externalCustomerId: z.string().max(200).nullable().optional(),
}

/** Customers, their addresses and everything that was said with them (api.md 2.10). */
export function customerRoutes({ store, links }: { store: Store; links: AttachmentLinks }): Route[] {
  const { db } = store

  async function countryOf(orgId: string): Promise<string> {
    return (await db.selectFrom("organizations").select("country").where("id", "=", orgId).executeTakeFirstOrThrow())
      .country
  }

  return [
    route({
      method: "GET",
      path: "/customers",
      action: "customer.read",
      list: true,
      query: z.object({ q: textParam.optional(), address: textParam.optional() }),
      answers: { 200: z.object({ items: z.array(Customer), nextCursor: z.string().nullable() }) },
      async handle({ principal, query, list, page }) {
        const { orgId } = principal
        const [sight, country] = await Promise.all([sightOf(db, principal, "customer.read"), countryOf(orgId)])
        const filter = {
          matching: query.q ? customersMatching(orgId, query.q, country) : null,
          address: query.address === undefined ? null : anyNotation(query.address, country),
          seen: isCustomerSeen(sight),
        }
        const after = list.after ? ([String(list.after[0]), String(list.after[1])] as const) : null
        const ids = await listCustomerIds(db, orgId, filter, { limit: list.limit, after })
        const shown = await presentCustomers(
          db,
          orgId,
          ids.map(({ id }) => id),
        )
        const byId = new Map(shown.map((customer) => [customer.id, customer]))
        return page(
          ids,
          ({ key, id }) => [key, id],
          ({ id }) => byId.get(id),
        )
      },
    }),
    route({
      method: "POST",
      path: "/customers",
      action: "customer.edit",
      idempotent: true,
      body: z.object({ ...Fields, addresses: z.array(Address).max(50).default([]) }),
      answers: { 201: Customer },
      problems: ["address_taken"],
      async handle({ principal, body, write }) {
        const country = await countryOf(principal.orgId)
        return write(async (tx) => {
          const id = await createCustomer(tx, body, body.addresses, country)
          return created(`/customers/${id}`, await presentCustomer(tx.db, tx.orgId, id))
        })
      },
    }),
    route({
      method: "GET",
      path: "/customers/:id",
      action: "customer.read",
      answers: { 200: Customer, 301: null },
      async handle({ principal, params }) {
        const found = await findCustomer(db, principal, params.id)
        if (found.mergedIntoId) return new Answer(301, null, { location: `/api/customers/${found.mergedIntoId}` })
        return ok(await presentCustomer(db, principal.orgId, params.id))
      },
    }),
    route({
      method: "PATCH",
      path: "/customers/:id",
      action: "customer.edit",
      versioned: true,
      body: z.object({ ...Fields, addresses: z.array(AnyAddress).max(addressesMax).optional() }),
      answers: { 200: Customer },
      problems: ["address_taken"],
      async handle({ principal, params, body, ifMatch, write }) {
        await findCustomer(db, principal, params.id)
        const { addresses, ...fields } = body
        const country = await countryOf(principal.orgId)
        const wanted = addresses && normalAddresses(addresses, country)
        return write(async (tx) => {
          await editCustomer(tx, params.id, fields, (customer) => expectVersion(ifMatch, customer))
          if (wanted) await replaceAddresses(tx, params.id, wanted)
          return ok(await presentCustomer(tx.db, tx.orgId, params.id))
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/customers/:id",
      action: "customer.delete",
      answers: { 204: null },
      async handle({ principal, params, write }) {
        const acting = { ...(await actingOf(db, principal)), sight: { inboxIds: null, agentId: principal.ownerId } }
        await write((tx) =>
          removeCustomer(tx, params.id, (inner, conversationId) =>
            closeForDeletedCustomer(inner, acting, conversationId),
          ),
        )
        return noContent()
      },
    }),
    route({
      method: "POST",
      path: "/customers/:id/addresses",
      action: "customer.edit",
      idempotent: true,
      body: Address,
      answers: { 201: CustomerAddress },
      problems: ["address_taken"],
      async handle({ principal, params, body, write }) {
        await findCustomer(db, principal, params.id)
        const value = normalAddress(body, await countryOf(principal.orgId), "#/value")
        return write(async (tx) => {
          await lockCustomerRow(tx, params.id)
          const id = await addAddress(tx, params.id, { kind: body.kind, value }, "#/value")
          const customer = await presentCustomer(tx.db, tx.orgId, params.id)
          return created(
            `/customers/${params.id}/addresses/${id}`,
            customer?.addresses.find((address) => address.id === id),
          )
        })
      },
    }),
    route({
      method: "DELETE",
      path: "/customers/:id/addresses/:addressId",
      action: "customer.edit",
      answers: { 204: null },
      async handle({ principal, params, write }) {
        await findCustomer(db, principal, params.id)
        await write((tx) => removeAddress(tx, params.id, params.addressId))
        return noContent()
      },
    }),
    route({
      method: "GET",
      path: "/customers/:id/timeline",
      action: "conversation.read",
      list: true,
      query: timelineQuery,
      answers: {
        200: z.object({ items: z.array(TimelineItem), nextCursor: z.string().nullable(), hiddenItems: z.int() }),
      },
      async handle({ principal, params, query, list, page }) {
        await findCustomer(db, principal, params.id)
        const reader = { orgId: principal.orgId, id: principal.id, links }
        const after = list.after ? Number(list.after[0]) : null
        const sight = await sightOf(db, principal)
        const { items, hiddenItems } = await readCustomerTimeline(db, reader, sight, params.id, {
          limit: list.limit,
          after,
          order: query.order,
        })
        const answer = byShownTime(
          page(
            items,
            (item) => [item.position],
            (item) => item,
          ),
          query.order,
        )
        return new Answer(200, { ...(answer.body as object), hiddenItems }, { ...answer.headers })
      },
    }),
    route({
      method: "GET",
      path: "/customers/:id/conversations",
      action: "conversation.read",
      list: true,
      answers: { 200: z.object({ items: z.array(Conversation), nextCursor: z.string().nullable() }) },
      async handle({ principal, params, list, now, page }) {
        const { orgId, ownerId } = principal
        await findCustomer(db, principal, params.id)
        const after = list.after ? ([String(list.after[0]), String(list.after[1])] as const) : null
        const sight = await sightOf(db, principal)
        const ids = await listConversationIds(
          db,
          orgId,
          sight,
          { customerId: params.id },
          { limit: list.limit, after, now, country: "US" },
        )
        const shown = await presentConversations(
          db,
          orgId,
          ids.map(({ id }) => id),
          ownerId,
        )
        const byId = new Map(shown.map((conversation) => [conversation.id, conversation]))
        return page(
          ids,
          ({ key, id }) => [key, id],
          ({ id }) => byId.get(id),
        )
      },
    }),
  ]
}

/** Whom somebody with own inboxes may see: customers of a conversation that he may see, and those who have none yet. */
function isCustomerSeen(sight: Sight): RawBuilder<boolean> {
  if (sight.inboxIds === null) return sql<boolean>`true`
  return sql<boolean>`(EXISTS (SELECT 1 FROM conversations c WHERE c.org_id = u.org_id AND c.customer_id = u.id AND ${isSeen(sight)})
    OR NOT EXISTS (SELECT 1 FROM conversations c WHERE c.org_id = u.org_id AND c.customer_id = u.id))`
}

async function findCustomer(
  db: Kysely<DB>,
  principal: Principal,
  id: string,
): Promise<{ mergedIntoId: string | null }> {
  const sight = await sightOf(db, principal, "customer.read")
  const { rows } = await sql<{ mergedIntoId: string | null }>`
    SELECT u.merged_into_id FROM customers u
    WHERE u.org_id = ${principal.orgId} AND u.id = ${id} AND u.deleted_at IS NULL
      AND (u.merged_into_id IS NOT NULL OR ${isCustomerSeen(sight)})`.execute(db)
  if (!rows[0]) throw problem("not_found")
  return rows[0]
}

/** As addresses are stored: telephone numbers in E.164, mail in lower case. */
function anyNotation(address: string, country: string): string {
  if (address.includes("@")) return address.toLowerCase()
  try {
    return normalAddress({ kind: "phone", value: address }, country, "#/address")
  } catch {
    return address
  }
}

/** What stands there already stays as it is: an unproved address is not proved by being sent back. */
async function replaceAddresses(tx: Tx, customerId: string, wanted: readonly NewAddress[]): Promise<void> {
  const current = (await presentCustomer(tx.db, tx.orgId, customerId))?.addresses ?? []
  const isAmong = (one: NewAddress, list: readonly NewAddress[]) =>
    list.some(({ kind, value }) => kind === one.kind && value === one.value)
  for (const [index, one] of wanted.entries()) {
    if (isAmong(one, current)) continue
    if (one.kind === "visitor")
      throw invalid({
        pointer: `#/addresses/${index}/kind`,
        code: "not_in_list",
        detail: "A visitor is known by his own browser only.",
      })
    await addAddress(tx, customerId, one, `#/addresses/${index}/value`)
  }
  for (const one of current) if (one.proved && !isAmong(one, wanted)) await removeAddress(tx, customerId, one.id)
}
