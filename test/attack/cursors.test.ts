import { createHash } from "node:crypto"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "../contract/office.ts"

let at: Office
beforeAll(async () => {
  at = await office()
})
afterAll(() => at?.server.close())

/** A cursor that passes for one of this list, since its filter is no secret. */
function forged(path: string, keys: unknown[]): string {
  const filter = createHash("sha256")
    .update(JSON.stringify([`/api${path}`, []]))
    .digest("base64url")
    .slice(0, 12)
  return Buffer.from(JSON.stringify([filter, ...keys])).toString("base64url")
}

const id = "0199a7c4-5d3e-7b1a-9c55-3f2b8e6d4a10"
const values = [
  [],
  ["x"],
  ["x", "y", "z", "w"],
  [1e300],
  [-1.5, "a", "b", "c"],
  [null, null, null, null],
  ["2026-01-01", "x"],
  [1, "2026-01-01", "2026-01-01", "x"],
  ["99999999999-01-01T00:00:00Z", id],
  ["'; DROP TABLE messages; --", id],
]

test("reliability 47 a forged cursor is refused or answers a page, never an error of ours", async () => {
  await at.save("email", await at.inbox("General"))
  const { entryPointId } = await at.mailbox("help@retale.com")
  const { conversationId } = await at.mail(entryPointId, "maya@example.com")
  const { customer } = await at.conversation(conversationId)
  const lists = at.server.app.server.routes.filter(
    (route) => route.list && route.method === "GET" && route.action !== "operator",
  )
  const wrong: unknown[] = []
  for (const { path } of lists) {
    const real = path
      .replace("/customers/:id", `/customers/${customer.id}`)
      .replace("/conversations/:id", `/conversations/${conversationId}`)
    for (const keys of values) {
      const { status, body } = await at.jordan("GET", `${real}?cursor=${forged(real, keys)}`)
      if (status !== 200 && body.code !== "cursor_invalid") wrong.push([path, keys, status, body.code])
    }
  }
  expect(wrong).toEqual([])
})
