import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStore, type TestStore } from "../../test/database.ts"
import { type Desk, desk, type Person } from "../../test/desk.ts"

/** Pictures of others in a mail ("Show images"). */

let ground: TestStore
let d: Desk
let ana: Person
let elsewhere: Server
let origin = ""
let messageId = ""
const asked: { path: string; headers: IncomingHttpHeaders }[] = []

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
)
const answers: { [path: string]: [status: number, headers: Record<string, string>, body: Buffer] } = {
  "/jacket.png?size=2&v=1": [200, { "content-type": "image/png" }, pixel],
  "/drawing.svg": [200, { "content-type": "image/svg+xml" }, Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")],
  "/page.png": [200, { "content-type": "text/html" }, Buffer.from("<script>1</script>")],
  "/gone.png": [404, { "content-type": "image/png" }, pixel],
  "/moved.png": [302, { location: "http://127.0.0.2:9/other.png" }, Buffer.alloc(0)],
  "/huge.png": [200, { "content-type": "image/png" }, Buffer.alloc(5 * 1024 * 1024 + 1)],
}
const urls = () => Object.keys(answers).map((path) => origin + path)

beforeAll(async () => {
  ground = await testStore()
  d = await desk(ground)
  elsewhere = createServer(({ url: path = "", headers }, answer) => {
    asked.push({ path, headers })
    const [status, more, body] = answers[path] ?? [500, {}, Buffer.alloc(0)]
    answer.writeHead(status, more).end(body)
  })
  await new Promise<void>((done) => elsewhere.listen(0, "127.0.0.1", done))
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  ana = await d.person("Ana", ["agent"], [d.generalId])
  const mail = await d.world.entryPoint("email", d.generalId)
  const named = [...urls(), "http://127.0.0.2:9/inside.png"].map((url) => url.replaceAll("&", "&amp;"))
  const html = named.map((url) => `<img data-remote-src="${url}">`).join("")
  const receipt = await d.world.send(mail, "email", "maya@example.com", "Look", {
    content: { kind: "text", text: "Look", html },
  })
  messageId = receipt.messageId ?? ""
}, 120_000)

afterAll(async () => {
  elsewhere?.close()
  await d?.stop()
  await ground?.close()
})

const picture = (person: Person, url: string, id = messageId) =>
  person.call("GET", `/messages/${id}/pictures?url=${encodeURIComponent(url)}`)

test("reliability 37 a picture that the mail names is fetched by us, without a trace of the reader, and harmless", async () => {
  const [url = ""] = urls()
  const answer = await picture(ana, url)
  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    "content-type": "image/png",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, max-age=300",
  })
  expect(answer.body.equals(pixel)).toBe(true)
  const seen = asked.at(-1)?.headers
  expect(seen).toMatchObject({ accept: "image/*" })
  for (const trace of ["cookie", "referer", "authorization", "origin", "x-forwarded-for"]) {
    expect(seen).not.toHaveProperty(trace)
  }
})

test("what is no picture, too large, gone, or leads inside is not found", async () => {
  const rest = [...urls().slice(1), "http://127.0.0.2:9/inside.png"]
  expect(rest).toHaveLength(6)
  for (const url of rest) expect([url, (await picture(ana, url)).status]).toEqual([url, 404])
})

test("only addresses of this mail are called, and only for those who may read it", async () => {
  const before = asked.length
  const [url = ""] = urls()
  expect((await picture(ana, `${origin}/jacket.png`)).status).toBe(404)
  expect((await picture(ana, "no address")).status).toBe(422)
  expect((await picture(ana, url, d.generalId)).status).toBe(404)
  const ben = await d.person("Ben", ["agent"], [d.billingId])
  expect((await picture(ben, url)).status).toBe(404)
  expect(asked).toHaveLength(before)
})
