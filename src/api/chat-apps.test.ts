import { createHash } from "node:crypto"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../../test/server.ts"
import { openBlobs } from "../blobs.ts"
import { FileCollection } from "../conversations/file-collection.ts"
import { newId } from "../ids.ts"
import { addApp, chatWorld, type ChatWorld, hello, inbox, route, visit } from "../channels/chat/test-rig.ts"

let server: TestServer
let world: ChatWorld

beforeAll(async () => {
  server = await testServer()
  world = await chatWorld(server)
})
afterAll(() => server?.close())

async function landsIn(appId: string): Promise<string> {
  const page = await hello(server.url, appId, (await visit(server.url, appId)).visitorToken)
  const accepted = await page.write("Hello")
  page.close()
  const { conversationId } = (await server.api("GET", `/messages/${accepted.id}`)).body
  return (await server.api("GET", `/conversations/${conversationId}`)).body.inboxId
}

test("S29 S41 S64 a new chat app is an entry point of section Chat under its name, with dots and hyphens", async () => {
  const name = "retale.com-shopping-cart"
  const app = await addApp(server, name)
  const second = await addApp(server, "retale.com_help")
  const points = (await server.api("GET", "/entry-points?section=chat")).body.items as {
    id: string
    displayName: string
    kind: string
    chatAppId: string
  }[]
  expect(points.find((one) => one.id === app.entryPointId)).toMatchObject({
    displayName: name,
    kind: "chat_app",
    chatAppId: app.chatAppId,
  })
  expect(points.map((one) => one.id)).toContain(second.entryPointId)
  for (const bad of ["with space", "-first", "a/b", "ünï", "x".repeat(101)]) {
    expect((await server.api("POST", "/chat-apps", { name: bad })).body.errors, bad).toEqual([
      expect.objectContaining({ pointer: "#/name", code: "name_invalid" }),
    ])
  }
  expect((await server.api("POST", "/chat-apps", { name: "Retale.com-Shopping-Cart" })).body).toMatchObject({
    status: 409,
    code: "name_taken",
  })
  const chats = await inbox(server, "Chat Support of the cart", [world.ana.id])
  await route(server, {
    defaultInboxId: world.inboxId,
    exceptions: [{ entryPointId: app.entryPointId, inboxId: chats }],
  })
  expect(await landsIn(app.appId)).toBe(chats)
})

test("S57 S65 S69 S71 every chat app leads to the default Inbox, but the one that is excepted", async () => {
  const vip = await inbox(server, "VIP", [world.ana.id])
  const platinum = await addApp(server, "platinum")
  const shop = await addApp(server, "shop")
  await route(server, { defaultInboxId: world.inboxId })
  expect(await landsIn(platinum.appId)).toBe(world.inboxId)
  await route(server, {
    defaultInboxId: world.inboxId,
    exceptions: [{ entryPointId: platinum.entryPointId, inboxId: vip }],
  })
  expect(await landsIn(platinum.appId)).toBe(vip)
  expect(await landsIn(shop.appId)).toBe(world.inboxId)
  const twice = { entryPointId: platinum.entryPointId, inboxId: vip }
  await expect(route(server, { defaultInboxId: world.inboxId, exceptions: [twice, twice] })).rejects.toThrow(
    "duplicate",
  )
})

test("S51 chat apps are an Administrator's", async () => {
  const agent = world.ana.api
  expect((await agent("POST", "/chat-apps", { name: "mine" })).status).toBe(403)
  expect(
    (await agent("PATCH", `/chat-apps/${world.chatAppId}`, { greeting: "mine" }, { "if-match": "*" })).status,
  ).toBe(403)
  expect((await agent("PUT", `/chat-apps/${world.chatAppId}/deletion`)).status).toBe(403)
  expect((await agent("POST", `/chat-apps/${world.chatAppId}/identity-secrets`)).status).toBe(403)
})

test("an edit is a merge patch under a version check; wrong values are named together", async () => {
  const { chatAppId, appId } = await addApp(server, "edited")
  const read = await server.api("GET", `/chat-apps/${chatAppId}`)
  expect(read.body).toMatchObject({
    name: "edited",
    open: true,
    nextChangeAt: null,
    installation: { seenAt: null, origin: null },
    identitySecretSet: false,
    version: 1,
  })
  expect(read.body.snippet).toContain(`appId: "${appId}"`)
  expect((await server.api("PATCH", `/chat-apps/${chatAppId}`, { greeting: "Hi" })).status).toBe(428)
  const etag = read.headers.get("etag") ?? ""
  const saved = await server.api(
    "PATCH",
    `/chat-apps/${chatAppId}`,
    { greeting: "Hi", name: "renamed" },
    { "if-match": etag },
  )
  expect(saved.body).toMatchObject({ greeting: "Hi", name: "renamed", version: 2 })
  expect((await server.api("PATCH", `/chat-apps/${chatAppId}`, { greeting: "Ho" }, { "if-match": etag })).status).toBe(
    412,
  )
  const points = (await server.api("GET", "/entry-points?section=chat")).body.items as { displayName: string }[]
  expect(points.map((one) => one.displayName)).toContain("renamed")
  const wrong = await server.api(
    "PATCH",
    `/chat-apps/${chatAppId}`,
    {
      appearance: { button: "icon", text: null, color: "red", position: "bottom_right", logoId: null },
      allowedOrigins: ["shop.example"],
    },
    { "if-match": "*" },
  )
  expect(wrong.status).toBe(422)
  expect(wrong.body.errors.map((one: { pointer: string }) => one.pointer).sort()).toEqual([
    "#/allowedOrigins/0",
    "#/appearance/color",
  ])
})

test("a deleted chat app ends: its page is told, its history stays, and its name is free", async () => {
  const { chatAppId, appId, entryPointId } = await addApp(server, "short-lived")
  const { visitorToken } = await visit(server.url, appId)
  const page = await hello(server.url, appId, visitorToken)
  const accepted = await page.write("Hello")
  expect((await server.api("PUT", `/chat-apps/${chatAppId}/deletion`)).status).toBe(200)
  expect(await page.next((frame) => frame.type === "goodbye")).toMatchObject({ reason: "app_disabled" })
  expect((await server.api("GET", `/messages/${accepted.id}`)).body.text).toBe("Hello")
  expect((await fetch(`${server.url}/widget/apps/${appId}`)).status).toBe(404)
  expect((await server.api("GET", `/entry-points/${entryPointId}`)).body.status).toBe("deleted")
  expect((await server.api("PUT", `/chat-apps/${chatAppId}/deletion`)).status).toBe(200)
  await addApp(server, "short-lived")
  const kinds = (await server.api("GET", "/events?types=chat_app.added,chat_app.removed&after=0")).body.items as {
    type: string
    data: { chatAppId: string }
  }[]
  expect(kinds.filter((one) => one.data.chatAppId === chatAppId).map((one) => one.type)).toEqual([
    "chat_app.added",
    "chat_app.removed",
  ])
})

test("S6 a visitor who is played in the sandbox writes, is answered, and the same message again is the same", async () => {
  const body = {
    entryPointId: world.entryPointId,
    from: { kind: "visitor", value: "v-maya", name: "Maya" },
    text: "Hello from the sandbox",
    externalId: "m-1",
  }
  const first = await server.api("POST", "/sandbox/messages", body)
  expect(first.body).toMatchObject({
    arrived: true,
    duplicate: false,
    externalId: "m-1",
    resolution: { inboxId: world.inboxId },
  })
  const again = await server.api("POST", "/sandbox/messages", body)
  expect(again.body).toMatchObject({ duplicate: true, messageId: first.body.messageId })
  const conversation = (await server.api("GET", `/conversations/${first.body.conversationId}`)).body
  expect(conversation).toMatchObject({ test: true, customer: { name: "Maya" } })
  await world.ana.api("POST", `/conversations/${first.body.conversationId}/messages`, {
    channel: "chat",
    text: "Hello Maya",
  })
  const heard = await server.api("GET", "/sandbox/deliveries?address=v-maya&wait=5")
  expect(heard.body.items).toEqual([expect.objectContaining({ channel: "chat", text: "Hello Maya" })])
  const second = await server.api("POST", "/sandbox/messages", { ...body, externalId: "m-2", text: "Thanks" })
  expect(second.body.conversationId).toBe(first.body.conversationId)
})

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
)

function upload(chatAppId: string, content: Buffer, type = "image/png") {
  const form = new FormData()
  form.append("file", new Blob([Uint8Array.from(content)], { type }), "logo.png")
  return server.api("POST", `/chat-apps/${chatAppId}/logos`, form)
}

test("reliability 38 a logo is a picture by its bytes, at most 512 KB, and no chat app shows another's", async () => {
  const { chatAppId, appId } = await addApp(server, "with-logo")
  const other = await addApp(server, "without-logo")
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  for (const [content, type] of [
    [svg, "image/svg+xml"],
    [svg, "image/png"],
    [Buffer.from("%PDF-1.7"), "application/pdf"],
    [Buffer.alloc(0), "image/png"],
  ] as const) {
    expect((await upload(chatAppId, content, type)).body).toMatchObject({ status: 415, code: "type_not_supported" })
  }
  const large = await upload(chatAppId, Buffer.concat([png, Buffer.alloc(524_288)]))
  expect(large.body).toMatchObject({ status: 413, code: "too_large" })
  const { status, body } = await upload(chatAppId, png)
  expect(status).toBe(201)
  const appearance = { button: "icon", text: null, color: "#4C5BDC", position: "bottom_right", logoId: body.logoId }
  for (const [id, logoId] of [
    [other.chatAppId, body.logoId],
    [chatAppId, newId()],
  ]) {
    const refused = await server.api(
      "PATCH",
      `/chat-apps/${id}`,
      { appearance: { ...appearance, logoId } },
      { "if-match": "*" },
    )
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ pointer: "#/appearance/logoId", code: "unknown_reference" }),
    ])
  }
  expect((await server.api("PATCH", `/chat-apps/${chatAppId}`, { appearance }, { "if-match": "*" })).status).toBe(200)
  const logo = (app: string) => fetch(`${server.url}/widget/apps/${app}/logos/${body.logoId}`)
  const shown = await logo(appId)
  expect([shown.status, shown.headers.get("content-type"), shown.headers.get("cross-origin-resource-policy")]).toEqual([
    200,
    "image/png",
    "cross-origin",
  ])
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(png)
  expect((await logo(other.appId)).status).toBe(404)
  const page = await (await fetch(`${server.url}/widget/apps/${appId}`)).json()
  expect(page.appearance.logoId).toBe(body.logoId)
})

test("a preview says what a visitor would get, sanitized and by the hours given, and stores nothing", async () => {
  const { chatAppId, appId } = await addApp(server, "previewed")
  const before = (await server.api("GET", `/chat-apps/${chatAppId}`)).body
  const never = Object.fromEntries(
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [day, []]),
  )
  const preview = await server.api("POST", `/chat-apps/${chatAppId}/previews`, {
    greeting: "Ahoy",
    hours: { timeZone: "UTC", ...never },
    afterHoursText: "<b>Later</b><script>alert(1)</script>",
  })
  expect(preview.status).toBe(200)
  expect(preview.body).toMatchObject({
    appId,
    company: "Retale",
    greeting: "Ahoy",
    open: false,
    closedText: "<b>Later</b>",
    appearance: before.appearance,
  })
  expect((await server.api("GET", `/chat-apps/${chatAppId}`)).body).toEqual(before)
  const wrong = await server.api("POST", `/chat-apps/${chatAppId}/previews`, {
    quickActions: [{ label: "", text: "", url: null }],
  })
  expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
    "#/quickActions/0/label",
    "#/quickActions/0/text",
  ])
})

test("the page of the preview can be framed by us only, and is an origin of its own", async () => {
  const page = await fetch(`${server.url}/widget/preview`)
  const policy = page.headers.get("content-security-policy") ?? ""
  expect(policy).toContain("frame-ancestors 'self'")
  expect(policy).toContain("sandbox allow-scripts allow-forms allow-popups")
  expect(policy).not.toContain("allow-same-origin")
  expect(policy).not.toContain("connect-src")
})

test("a logo in use outlives the collection of files; one that was never saved does not", async () => {
  const { store, clock, config } = server.app.ground
  const { chatAppId, appId } = await addApp(server, "collected")
  const [used, unused] = [png, Buffer.concat([png, Buffer.from("another")])]
  const { logoId } = (await upload(chatAppId, used)).body
  const unusedId = (await upload(chatAppId, unused)).body.logoId
  const { appearance } = (await server.api("GET", `/chat-apps/${chatAppId}`)).body
  await server.api("PATCH", `/chat-apps/${chatAppId}`, { appearance: { ...appearance, logoId } }, { "if-match": "*" })
  const later = { ...clock, real: () => new Date(Date.now() + 8 * 86_400_000) }
  const blobs = openBlobs(config.blobDir)
  await new FileCollection({
    store,
    blobs,
    clock: later,
    onError: (error) => expect.unreachable(String(error)),
  }).collect()
  const statusOf = async (id: string) => (await fetch(`${server.url}/widget/apps/${appId}/logos/${id}`)).status
  expect([await statusOf(logoId), await statusOf(unusedId)]).toEqual([200, 404])
  expect(await blobs.size(createHash("sha256").update(unused).digest("hex"))).toBeNull()
})
