import { connect } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestServer, testServer } from "../server.ts"

let server: TestServer
beforeAll(async () => {
  server = await testServer({ RATE_LIMIT_FACTOR: "1" })
})
afterAll(() => server?.close())

/** How long the server bears a client that sends a byte each half second, and goes on. */
function bears(begin: string): Promise<number> {
  return new Promise((done) => {
    const began = performance.now()
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1")
    const drip = setInterval(() => socket.write("a"), 500)
    socket.write(begin)
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearInterval(drip)
      done((performance.now() - began) / 1000)
    })
    socket.resume()
  })
}

test("reliability 55 who sends a header for more than 10 s is cut, whatever drips in; others are served meanwhile", async () => {
  const slow = [bears("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "), bears("GET /")]
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  for (const seconds of await Promise.all(slow)) {
    expect(seconds).toBeGreaterThan(9)
    expect(seconds).toBeLessThan(20)
  }
})

test("reliability 38 one address uploads 60 files a minute to a chat, however many visitors it plays", async () => {
  await server.api("POST", "/inboxes", { name: "Chat", slaMinutesText: "1" })
  const inbox = (await server.api("GET", "/inboxes")).body.items[0].id
  await server.api(
    "PUT",
    "/channel-routings/chat",
    { defaultInboxId: inbox, defaultSlaMinutesText: null, exceptions: [] },
    { "if-match": "*" },
  )
  const { appId } = (await server.api("POST", "/chat-apps", { name: "shop" })).body
  const app = `${server.url}/widget/apps/${appId}`
  const tokens = await Promise.all(
    [1, 2].map(
      async () =>
        ((await (await fetch(`${app}/visitors`, { method: "POST" })).json()) as { visitorToken: string }).visitorToken,
    ),
  )
  const upload = async (count: number) => {
    const body = new FormData()
    body.set("file", new Blob(["x"]), "x.txt")
    return (
      await fetch(`${app}/attachments`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${tokens[count % 2]}` },
      })
    ).status
  }
  const statuses: number[] = []
  for (let count = 0; count < 62; count++) statuses.push(await upload(count))
  expect(statuses.filter((status) => status === 201)).toHaveLength(60)
  expect(statuses.slice(60)).toEqual([429, 429])
})
