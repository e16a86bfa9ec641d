import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { signForm } from "./signature.ts"

/** For tests: a company of somebody else's, as little of it as we call, on a loopback port. */
export type FakeCompany = {
  url: string
  host: string
  /** Method and path of each call, oldest first. */
  calls: string[]
  /** Forms that were posted. */
  forms: Record<string, string>[]
  numbers: { sid: string; e164: string }[]
  messages: Record<string, unknown>[]
  files: Map<string, { type: string; content: string } | { redirect: string } | { status: number }>
  /** Answers of the next calls instead of its own. */
  next: { status: number; headers?: Record<string, string>; body?: object }[]
  post(hooksUrl: string, publicUrl: string, path: string, params: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

export const sid = "AC00000000000000000000000000000042"
export const token = "the token of their account"

export async function fakeCompany(): Promise<FakeCompany> {
  const calls: string[] = []
  const forms: Record<string, string>[] = []
  const numbers = [{ sid: "PN1", e164: "+13125550142" }]
  const messages: Record<string, unknown>[] = []
  const files: FakeCompany["files"] = new Map()
  const next: FakeCompany["next"] = []
  const root = `/2010-04-01/Accounts/${sid}`
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://x")
    let text = ""
    for await (const part of request) text += part
    calls.push(`${request.method} ${url.pathname}`)
    const json = (status: number, body: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Basic ${Buffer.from(`${sid}:${token}`).toString("base64")}`)
      return json(401, { code: 20003, message: "Authenticate", status: 401 })
    const told = next.shift()
    if (told) return json(told.status, told.body ?? {}, told.headers)
    const file = files.get(url.pathname)
    if (file && "redirect" in file) return response.writeHead(307, { location: file.redirect }).end()
    if (file && "status" in file) return response.writeHead(file.status).end()
    if (file) return response.writeHead(200, { "content-type": file.type }).end(file.content)
    if (request.method === "POST") forms.push(Object.fromEntries(new URLSearchParams(text)))
    if (url.pathname === `${root}.json`) return json(200, { sid, status: "active" })
    if (url.pathname === `${root}/IncomingPhoneNumbers.json`) {
      const list = numbers.filter((one) => (url.searchParams.get("PhoneNumber") ?? one.e164) === one.e164)
      return json(200, {
        incoming_phone_numbers: list.map((one) => ({
          sid: one.sid,
          phone_number: one.e164,
          capabilities: { voice: true, SMS: true, MMS: true },
        })),
        next_page_uri: null,
      })
    }
    if (url.pathname.startsWith(`${root}/IncomingPhoneNumbers/`)) return json(200, { sid: "PN1" })
    if (url.pathname === `${root}/Messages.json` && request.method === "POST")
      return json(201, { sid: `SM${String(forms.length).padStart(32, "0")}`, status: "queued" })
    if (url.pathname === `${root}/Messages.json`) return json(200, { messages, next_page_uri: null })
    return json(404, { code: 20404, message: "not found", status: 404 })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`,
    host,
    calls,
    forms,
    numbers,
    messages,
    files,
    next,
    post(hooksUrl, publicUrl, path, params) {
      const body = new URLSearchParams(params).toString()
      const signature = signForm(publicUrl + path, params, token)
      return fetch(hooksUrl + path, {
        method: "POST",
        body,
        headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
      })
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
