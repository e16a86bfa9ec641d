import { createHmac } from "node:crypto"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../../test/server.ts"
import { addApp, ask, type ChatWorld, chatWorld, hello, visit } from "./test-rig.ts"

let server: TestServer
let world: ChatWorld
let secret: string

beforeAll(async () => {
  server = await testServer()
  world = await chatWorld(server)
  secret = (await server.api("POST", `/chat-apps/${world.chatAppId}/identity-secrets`)).body.secret
})
afterAll(() => server?.close())

function signed(
  given: { externalId: string; email?: string; name?: string },
  options: { key?: string; appId?: string; issuedAt?: Date } = {},
) {
  const { key = secret, appId = world.appId, issuedAt = new Date() } = options
  const at = issuedAt.toISOString()
  return {
    ...given,
    issuedAt: at,
    signature: createHmac("sha256", key)
      .update([appId, given.externalId, given.email ?? "", at].join("\n"))
      .digest("base64url"),
  }
}

const refusal = async (identity: object, appId = world.appId) => {
  const answer = await ask(server.url, "POST", `/apps/${appId}/visitors`, { body: { identity } })
  return [answer.status, answer.body.errors?.[0]?.code]
}

test("reliability 44 an identity that is not signed by the site for this app, or too long ago, is refused", async () => {
  const other = await addApp(server, "other")
  const maya = { externalId: "c-17", email: "maya@example.com" }
  const refused = [422, "identity_refused"]
  expect(await refusal({ ...signed(maya), email: "ceo@example.com" })).toEqual(refused)
  expect(await refusal({ ...signed(maya), externalId: "c-1" })).toEqual(refused)
  expect(await refusal({ ...signed(maya), signature: "" })).toEqual(refused)
  expect(await refusal(signed(maya, { key: "guessed" }))).toEqual(refused)
  expect(await refusal(signed(maya, { appId: other.appId }))).toEqual(refused)
  expect(await refusal(signed(maya), other.appId)).toEqual(refused)
  expect(await refusal(signed(maya, { issuedAt: new Date(Date.now() - 601_000) }))).toEqual(refused)
  expect(await refusal(signed(maya, { issuedAt: new Date(Date.now() + 601_000) }))).toEqual(refused)
  expect((await ask(server.url, "POST", `/apps/${world.appId}/visitors`, { body: { identitet: 1 } })).body.code).toBe(
    "unknown_field",
  )
  expect(
    (await ask(server.url, "POST", `/apps/${world.appId}/visitors`, { body: { identity: { externalId: 5 } } })).status,
  ).toBe(422)
  // A secret of its own, shown once; the former one ends at once.
  const before = secret
  secret = (await server.api("POST", `/chat-apps/${world.chatAppId}/identity-secrets`)).body.secret
  expect(await refusal(signed(maya, { key: before }))).toEqual(refused)
  const read = (await server.api("GET", `/chat-apps/${world.chatAppId}`)).body
  expect(read.identitySecretSet).toBe(true)
  expect(JSON.stringify(read)).not.toContain(secret)
})

test("reliability 44 a proved customer finds the own history on another device; a stranger who claims the address sees nothing of it", async () => {
  const { url } = server
  const maya = { externalId: "c-18", email: "maya@example.com", name: "Maya Chen" }
  const phone = await hello(url, world.appId, (await visit(url, world.appId, signed(maya))).visitorToken)
  const accepted = await phone.write("My order 7 is late")
  const { conversationId } = (await server.api("GET", `/messages/${accepted.id}`)).body
  const { customer } = (await server.api("GET", `/conversations/${conversationId}`)).body
  expect(customer.name).toBe("Maya Chen")

  const laptop = await hello(url, world.appId, (await visit(url, world.appId, signed(maya))).visitorToken)
  expect(await laptop.next((frame) => frame.type === "message")).toMatchObject({
    seq: 1,
    from: "visitor",
    text: "My order 7 is late",
  })
  expect(laptop.items()[0].clientId).toBeUndefined()
  // Both screens show what is said on either.
  await laptop.write("It is me again")
  expect(await phone.next((frame) => frame.type === "message" && frame.seq === 2)).toMatchObject({
    text: "It is me again",
  })

  const stranger = await hello(url, world.appId, (await visit(url, world.appId)).visitorToken)
  stranger.send({ type: "profile", name: "Maya Chen", email: "maya@example.com" })
  const strangers = await stranger.write("Show me my orders")
  const theirs = (await server.api("GET", `/messages/${strangers.id}`)).body
  expect(theirs.conversationId).not.toBe(conversationId)
  await expect.poll(() => stranger.items().map((item) => item.text)).toEqual(["Show me my orders"])
  await world.ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text: "For Maya only" })
  await phone.next((frame) => frame.text === "For Maya only")
  await laptop.next((frame) => frame.text === "For Maya only")
  expect(stranger.items().map((item) => item.text)).toEqual(["Show me my orders"])
  // A token of another app opens nothing here.
  const other = await addApp(server, "other-token")
  const foreign = await visit(url, other.appId)
  expect((await hello(url, world.appId, foreign.visitorToken)).frames[0]).toMatchObject({
    type: "goodbye",
    reason: "token_invalid",
  })
  for (const page of [phone, laptop, stranger]) page.close()
})

test("who goes on in another app of ours gets the answer there, not where the chat began", async () => {
  const { url } = server
  const help = await addApp(server, "help-pages")
  const key = (await server.api("POST", `/chat-apps/${help.chatAppId}/identity-secrets`)).body.secret
  const zoe = { externalId: "c-20", name: "Zoë" }
  const shop = await hello(url, world.appId, (await visit(url, world.appId, signed(zoe))).visitorToken)
  await shop.write("In the shop")
  const proved = signed(zoe, { key, appId: help.appId })
  const pages = await hello(url, help.appId, (await visit(url, help.appId, proved)).visitorToken)
  const { conversationId } = (await server.api("GET", `/messages/${(await pages.write("Now here")).id}`)).body
  await world.ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text: "Found you" })
  await pages.next((frame) => frame.text === "Found you")
  await shop.write("Back in the shop")
  await world.ana.api("POST", `/conversations/${conversationId}/messages`, { channel: "chat", text: "Here too" })
  await shop.next((frame) => frame.text === "Here too")
  expect(pages.items().map(({ text }) => text)).toEqual(["Now here", "Found you"])
  for (const page of [shop, pages]) page.close()
})

test("two devices that prove the same new customer at once make one", async () => {
  const { url } = server
  const identity = signed({ externalId: "c-19", email: "tom@example.com" })
  const made = await Promise.all([1, 2, 3].map(() => visit(url, world.appId, identity)))
  const rows = await server.app.ground.database.db
    .selectFrom("visitors")
    .select("customerId")
    .where(
      "id",
      "in",
      made.map((one) => one.visitorId),
    )
    .execute()
  expect(new Set(rows.map((row) => row.customerId)).size).toBe(1)
})
