import type { Kysely } from "kysely"
import { hashSecret, newId, newSecret } from "../../ids.ts"
import type { Keys } from "../../keys.ts"
import type { DB } from "../../store/tables.ts"
import type { Store } from "../../store/write.ts"
import { type Identity, provedCustomer, refuseIdentity } from "./identity.ts"
import type { LiveChatApp } from "./live-chat-app.ts"

/** Visitors: browsers known by an unguessable token, perhaps as a customer whom the site has proved (api.md 3.2). */

export type Profile = { name?: string | undefined; email?: string | undefined; phone?: string | undefined }

export type Visitor = {
  orgId: string
  id: string
  chatAppId: string
  /** What intake knows it by. */
  address: string
  customerId: string | null
  /** Proved by the site. */
  externalId: string | null
  profile: Profile
}

const tokenDays = 365
const dayMs = 86_400_000
const shown = ["orgId", "id", "chatAppId", "address", "customerId", "externalId", "profile"] as const

/** A new visitor with its token, which is shown once and stored as a hash. An identity that does not prove itself: 422. */
export async function createVisitor(
  deps: { store: Store; keys: Keys },
  app: LiveChatApp,
  identity: Identity | undefined,
): Promise<{ visitorId: string; visitorToken: string; endsAt: Date }> {
  const { store, keys } = deps
  const real = store.clock.real()
  const refused = identity && refuseIdentity(keys, app, identity, real)
  if (refused) throw refused
  const visitorId = newId()
  const visitorToken = newSecret(32)
  const endsAt = new Date(real.getTime() + tokenDays * dayMs)
  const profile: Profile = identity ? { name: identity.name, email: identity.email, phone: identity.phone } : {}
  const row = {
    orgId: app.orgId,
    id: visitorId,
    chatAppId: app.id,
    address: visitorId,
    tokenHash: hashSecret(visitorToken),
    endsAt,
    profile: JSON.stringify(profile),
    externalId: identity?.externalId ?? null,
    createdAt: store.clock.now(),
  }
  if (!identity) {
    await store.db.insertInto("visitors").values(row).execute()
    return { visitorId, visitorToken, endsAt }
  }
  await store.write({ orgId: app.orgId, kind: "intake" }, async (tx) => {
    const customerId = await provedCustomer(tx, visitorId, identity)
    await tx.db
      .insertInto("visitors")
      .values({ ...row, customerId })
      .execute()
  })
  return { visitorId, visitorToken, endsAt }
}

/** The visitor of this name that the sandbox plays; the same name is the same one for ever. */
export async function playedVisitor(
  store: Store,
  app: LiveChatApp,
  address: string,
  name: string | null,
): Promise<Visitor> {
  const endsAt = new Date(store.clock.real().getTime() + tokenDays * dayMs)
  const profile = JSON.stringify(name ? { name } : {})
  const row = {
    orgId: app.orgId,
    id: newId(),
    chatAppId: app.id,
    address,
    tokenHash: hashSecret(newSecret(32)),
    endsAt,
    profile,
  }
  await store.db
    .insertInto("visitors")
    .values(row)
    .onConflict((conflict) => conflict.columns(["orgId", "chatAppId", "address"]).doNothing())
    .execute()
  const visitor = await store.db
    .selectFrom("visitors")
    .select(shown)
    .where("orgId", "=", app.orgId)
    .where("chatAppId", "=", app.id)
    .where("address", "=", address)
    .executeTakeFirstOrThrow()
  return { ...visitor, profile: { ...(visitor.profile as Profile), ...(name && { name }) } }
}

export async function findVisitor(
  db: Kysely<DB>,
  app: LiveChatApp,
  token: string,
  real: Date,
): Promise<Visitor | null> {
  const row = await db
    .selectFrom("visitors")
    .select(shown)
    .where("tokenHash", "=", hashSecret(token))
    .where("orgId", "=", app.orgId)
    .where("chatAppId", "=", app.id)
    .where("endsAt", ">", real)
    .executeTakeFirst()
  return row ? { ...row, profile: row.profile as Profile } : null
}

/** Whether the token is still good; brings along what another page of the visitor has learned. */
export async function refreshVisitor(db: Kysely<DB>, visitor: Visitor, real: Date): Promise<boolean> {
  const row = await db
    .selectFrom("visitors")
    .select(["customerId", "profile"])
    .where("orgId", "=", visitor.orgId)
    .where("id", "=", visitor.id)
    .where("endsAt", ">", real)
    .executeTakeFirst()
  if (!row) return false
  visitor.customerId = row.customerId
  visitor.profile = row.profile as Profile
  return true
}

/** Log-out of the site: the token is dead, what was written stays. */
export async function endVisitor(db: Kysely<DB>, visitor: Visitor, real: Date): Promise<void> {
  await db
    .updateTable("visitors")
    .set({ endsAt: real })
    .where("orgId", "=", visitor.orgId)
    .where("id", "=", visitor.id)
    .execute()
}

/** What the visitor says of himself: shown as unverified, never matched (reliability 44). What the site signed is none. */
export function claimsOf({ externalId, profile }: Visitor): { kind: "email" | "phone"; value: string }[] {
  if (externalId !== null) return []
  const email = profile.email?.trim().toLowerCase()
  const phone = profile.phone?.trim()
  return [
    ...(email?.includes("@") ? [{ kind: "email" as const, value: email }] : []),
    ...(phone ? [{ kind: "phone" as const, value: phone }] : []),
  ]
}
