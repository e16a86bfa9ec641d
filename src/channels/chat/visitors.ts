import { createHmac, timingSafeEqual } from "node:crypto"
import { type Kysely, sql } from "kysely"
import { ChatAppSettings } from "../../core/chat/chat-app.ts"
import { hashSecret, newId, newSecret } from "../../ids.ts"
import type { Keys } from "../../keys.ts"
import { invalid, type Problem } from "../../problem.ts"
import type { DB } from "../../store/tables.ts"
import type { Store, Tx } from "../../store/write.ts"
import { readItems } from "./items.ts"

/** Visitors: browsers known by an unguessable token, perhaps as a customer whom the site has proved (api.md 3.2). */

export type LiveChatApp = { orgId: string; id: string; appId: string; name: string; entryPointId: string; settings: ChatAppSettings; identitySecret: string | null }

export type Profile = { name?: string | undefined; email?: string | undefined; phone?: string | undefined }

export type Visitor = {
  orgId: string
  id: string
  chatAppId: string
  customerId: string | null
  externalId: string | null
  profile: Profile
}

export type Identity = {
  externalId: string
  email?: string | undefined
  name?: string | undefined
  phone?: string | undefined
  /** RFC 3339, exactly as signed. */
  issuedAt: string
  signature: string
}

const tokenDays = 365
const identitySeconds = 600

export async function findChatApp(db: Kysely<DB>, appId: string): Promise<LiveChatApp | null> {
  const row = await db
    .selectFrom("chatApps")
    .select(["orgId", "id", "appId", "name", "entryPointId", "settings", "identitySecret"])
    .where("appId", "=", appId)
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  return row ? { ...row, settings: ChatAppSettings.parse(row.settings) } : null
}

/** A new visitor with its token, which is shown once and stored as a hash. An identity that does not prove itself: 422. */
export async function createVisitor(
  deps: { store: Store; keys: Keys },
  app: LiveChatApp,
  identity: Identity | undefined,
): Promise<{ visitorId: string; visitorToken: string; endsAt: Date }> {
  const { store, keys } = deps
  const real = store.clock.real()
  if (identity) {
    const refused = refuseIdentity(keys, app, identity, real)
    if (refused) throw refused
  }
  const visitorId = newId()
  const visitorToken = newSecret(32)
  const endsAt = new Date(real.getTime() + tokenDays * 86_400_000)
  const profile: Profile = identity ? { name: identity.name, email: identity.email, phone: identity.phone } : {}
  const row = { orgId: app.orgId, id: visitorId, chatAppId: app.id, tokenHash: hashSecret(visitorToken), endsAt, profile: JSON.stringify(profile), externalId: identity?.externalId ?? null }
  if (!identity) {
    await store.db.insertInto("visitors").values(row).execute()
    return { visitorId, visitorToken, endsAt }
  }
  await store.write({ orgId: app.orgId, kind: "intake" }, async (tx) => {
    const customerId = await provedCustomer(tx, visitorId, identity)
    await tx.db.insertInto("visitors").values({ ...row, customerId }).execute()
  })
  return { visitorId, visitorToken, endsAt }
}

export async function findVisitor(db: Kysely<DB>, app: LiveChatApp, token: string, real: Date): Promise<Visitor | null> {
  const row = await db
    .selectFrom("visitors")
    .select(["orgId", "id", "chatAppId", "customerId", "externalId", "profile"])
    .where("tokenHash", "=", hashSecret(token))
    .where("orgId", "=", app.orgId)
    .where("chatAppId", "=", app.id)
    .where("endsAt", ">", real)
    .executeTakeFirst()
  return row ? { ...row, profile: row.profile as Profile } : null
}

/** Log-out of the site: the token is dead, what was written stays. */
export async function endVisitor(db: Kysely<DB>, visitor: Visitor, real: Date): Promise<void> {
  await db.updateTable("visitors").set({ endsAt: real }).where("orgId", "=", visitor.orgId).where("id", "=", visitor.id).execute()
}

/** Constant time; the signature covers the four strings exactly as sent, an absent e-mail as an empty line (api.md 11). */
function refuseIdentity(keys: Keys, app: LiveChatApp, identity: Identity, real: Date): Problem | null {
  const refused = (pointer: string, detail: string) => invalid({ pointer, code: "identity_refused", detail })
  if (app.identitySecret === null) return refused("#/identity", "This chat app has no identity secret.")
  const signed = [app.appId, identity.externalId, identity.email ?? "", identity.issuedAt].join("\n")
  const expected = createHmac("sha256", keys.open(app.identitySecret)).update(signed).digest()
  const given = Buffer.from(identity.signature, "base64url")
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refused("#/identity/signature", "The signature does not fit.")
  const age = Math.abs(real.getTime() - Date.parse(identity.issuedAt))
  if (Number.isNaN(age) || age > identitySeconds * 1000) return refused("#/identity/issuedAt", `Signed too long ago: at most ${identitySeconds} s.`)
  return null
}

/** The customer whom the site vouches for: by its own id, else by the signed e-mail address, else a new one. */
async function provedCustomer(tx: Tx, visitorId: string, identity: Identity): Promise<string> {
  const email = identity.email?.trim().toLowerCase()
  const addresses = [
    { kind: "external", value: identity.externalId, verifiedBy: "identity" },
    ...(email ? [{ kind: "email", value: email, verifiedBy: "identity" }] : []),
    { kind: "visitor", value: visitorId, verifiedBy: "channel" },
  ]
  const known = await sql<{ kind: string; customerId: string }>`
    SELECT a.kind, coalesce(c.merged_into_id, c.id) AS customer_id FROM customer_addresses a
    JOIN customers c ON c.org_id = a.org_id AND c.id = a.customer_id
    WHERE a.org_id = ${tx.orgId} AND ((a.kind = 'external' AND a.value = ${identity.externalId}) OR (a.kind = 'email' AND a.value = ${email ?? ""}))
    ORDER BY (a.kind = 'external') DESC`.execute(tx.db)
  const found = known.rows[0]?.customerId
  const customerId = found ?? newId()
  if (!found) {
    await tx.db.insertInto("customers").values({ orgId: tx.orgId, id: customerId, name: identity.name ?? null, externalCustomerId: identity.externalId, createdAt: tx.now }).execute()
    tx.event("customer.created", { customerId })
  }
  await tx.db
    .insertInto("customerAddresses")
    .values(addresses.map((address) => ({ orgId: tx.orgId, id: newId(), customerId, provedAt: tx.now, ...address })))
    .onConflict((conflict) => conflict.columns(["orgId", "kind", "value"]).doNothing())
    .execute()
  return customerId
}

/** The visitor ends the chat: the contact is over from the customer's side; who wants it gets a transcript by mail. */
export async function endVisitorSession(service: ChatEnding, app: LiveChatApp, visitor: Visitor, transcriptTo: string | null): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT c.id FROM conversations c JOIN contacts k ON k.org_id = c.org_id AND k.conversation_id = c.id
    WHERE c.org_id = ${visitor.orgId} AND c.customer_id = ${visitor.customerId} AND k.channel = 'chat' AND k.state <> 'ended' AND c.status <> 'closed'`.execute(service.db)
  const conversationId = rows[0]?.id
  if (conversationId) await service.deps.endContact(visitor.orgId, conversationId)
  if (!transcriptTo) return
  const items = await readItems(service.db, visitor.orgId, visitor.id, 0, transcriptItemsMax)
  const lines = items.map((item) => `${item.at.toISOString()}  ${item.from === "visitor" ? "You" : (item.agentName ?? app.name)}: ${item.text}`)
  await service.deps.sendTranscript(visitor.orgId, transcriptTo, `Your chat with ${app.name}`, `${lines.join("\n")}\n`)
}

type ChatEnding = { db: Kysely<DB>; deps: { endContact(orgId: string, conversationId: string): Promise<void>; sendTranscript(orgId: string, to: string, subject: string, text: string): Promise<void> } }

const transcriptItemsMax = 1_000
