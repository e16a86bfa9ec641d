import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Office, office } from "../contract/office.ts"

/** What is typed once comes out nowhere (reliability 41, 48). */

let at: Office
const heard: string[] = []
const carrier = createServer((request, answer) => {
  heard.push(String(request.headers.authorization))
  answer
    .setHeader("content-type", "application/json")
    .end(JSON.stringify({ sid: "AC1", status: "active", incoming_phone_numbers: [] }))
})
const listening = async () => {
  await new Promise<void>((done) => carrier.listen(0, "127.0.0.1", done))
  return (carrier.address() as AddressInfo).port
}
let port: number
beforeAll(async () => {
  port = await listening()
  at = await office({ OUTBOUND_ALLOW: "127.0.0.1,localhost" })
})
afterAll(async () => {
  await at?.server.close()
  carrier.close()
})

test("reliability 48 a carrier's stored token is never sent to another address than the one it was typed for", async () => {
  const made = await at.api("POST", "/carrier-accounts", {
    carrier: "twilio",
    name: "Twilio",
    accountSid: "AC00000000000000000000000000000001",
    authToken: "the-token",
    baseUrl: `http://127.0.0.1:${port}`,
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const path = `/carrier-accounts/${made.body.id}`
  const change = (body: object) => at.api("PATCH", path, body, { "if-match": "*" })
  heard.length = 0
  for (const baseUrl of [`http://localhost:${port}`, null])
    expect(await change({ baseUrl })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "#/authToken", code: "required" }] },
    })
  expect((await change({ baseUrl: "http://10.0.0.1" })).body.errors.map((one: { code: string }) => one.code)).toEqual([
    "address_refused",
    "required",
  ])
  expect(heard).toEqual([])
  expect((await change({ baseUrl: `http://127.0.0.1:${port}/v2` })).status).toBe(200)
  expect((await change({ baseUrl: `http://localhost:${port}`, authToken: "typed-again" })).status).toBe(200)
  const told = JSON.stringify([
    await at.api("GET", path),
    await at.api("GET", "/events?limit=1000"),
    await at.api("GET", "/audit-entries?limit=200"),
  ])
  for (const secret of ["the-token", "typed-again", at.server.key, "#token="]) expect(told).not.toContain(secret)
})
