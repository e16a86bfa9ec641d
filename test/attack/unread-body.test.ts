import { Agent, request } from "node:http"
import type { FastifyRequest } from "fastify"
import { afterAll, beforeAll, expect, test } from "vitest"
import { toProblem } from "../../src/api/problem-answer.ts"
import { type TestServer, testServer } from "../server.ts"

let server: TestServer
/** One connection for everything, as a browser or a proxy keeps it. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
beforeAll(async () => {
  server = await testServer()
})
afterAll(async () => {
  agent.destroy()
  await server?.close()
})

function call(
  method: string,
  path: string,
  body?: Buffer,
  type?: string,
): Promise<{ status: number; socket: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.key}`, ...(type && { "content-type": type }) }
    const sent = request(`${server.url}/api${path}`, { method, agent, headers }, (answer) => {
      answer.resume().on("end", () => resolve({ status: answer.statusCode ?? 0, socket: sent.socket }))
    })
    sent.on("error", reject)
    sent.setTimeout(5_000, () => sent.destroy(new Error("no answer")))
    sent.end(body)
  })
}

const form = (name: string, bytes: number) =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"; filename="a.bin"\r\n\r\n`),
    Buffer.alloc(bytes, "a"),
    Buffer.from("\r\n--b--\r\n"),
  ])

test("a file that is refused before it was read keeps nobody waiting who comes over the same connection", async () => {
  for (const [name, bytes, status] of [
    ["other", 3_000_000, 422],
    ["file", 30_000_000, 413],
  ] as const) {
    const refused = await call("POST", "/attachments", form(name, bytes), "multipart/form-data; boundary=b").catch(
      (error: Error) => error.message,
    )
    // Who is still sending when the answer comes may find the connection closed.
    if (typeof refused !== "string") expect(refused.status).toBe(status)
    expect((await call("GET", "/inboxes")).status).toBe(200)
  }
})

test("reliability 9 a full disk is said as such, and to be tried again later", () => {
  const full = toProblem(
    Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
    {} as FastifyRequest,
  )
  expect(full).toMatchObject({ code: "unavailable", status: 503, extra: { reason: "storage_full" } })
})
