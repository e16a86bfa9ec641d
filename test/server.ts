import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type App, startApp } from "../src/app.ts"
import { readConfig } from "../src/config.ts"
import { newSecret } from "../src/ids.ts"
import { testDatabase } from "./database.ts"

export type Answer = {
  status: number
  headers: Headers
  /** Parsed where it is JSON, else the text. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the contract says is there
  body: any
}

/** Calls the API as one caller. A body goes as JSON unless it is a FormData. */
export type Api = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/** The whole program on a database of its own, on free ports, with its first Administrator Jordan. */
export type TestServer = {
  app: App
  url: string
  orgId: string
  /** Jordan: administrator, operator, agent. */
  userId: string
  /** An administrator + developer key of Jordan's. */
  key: string
  /** Jordan's session cookie. */
  cookie: string
  /** As Jordan's key. */
  api: Api
  /** As somebody else: a key, a cookie, or nobody. */
  as(credential: { key?: string; cookie?: string }): Api
  /** Invites and accepts; answers the new person's session. */
  person(given: {
    name: string
    email: string
    roles: string[]
    inboxIds?: string[]
  }): Promise<{ id: string; cookie: string; api: Api }>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const testPassword = "correct horse battery"

/** One per test file, made in `beforeAll`, closed in `afterAll`. `env` overrides settings. */
export async function testServer(env: Record<string, string> = {}): Promise<TestServer> {
  const database = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-test-"))
  const setupCode = newSecret(16)
  const config = readConfig({
    PORT: "0",
    SMTP_PORT: "0",
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    SECRET_KEY: "a secret that only tests use",
    OPERATOR_TOKEN: "operator-token-of-tests",
    SETUP_CODE: setupCode,
    TEST_CLOCK: "1",
    RATE_LIMIT_FACTOR: "0",
    LOG_LEVEL: "silent",
    ...env,
  })
  const app = await startApp(config)
  const { url } = app
  const close = async () => {
    await app.stop()
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const nobody = apiOf(url, {})
    const setup = await nobody("POST", "/setup", {
      code: setupCode,
      organization: { name: "Retale", timeZone: "America/New_York", country: "US" },
      user: { name: "Jordan", email: "jordan@retale.com", password: testPassword },
    })
    if (setup.status !== 201) throw new Error(`set-up failed: ${JSON.stringify(setup.body)}`)
    const cookie = cookieOf(setup)
    const made = await apiOf(url, { cookie })("POST", "/api-keys", {
      name: "tests",
      roles: ["administrator", "developer"],
    })
    if (made.status !== 201) throw new Error(`no key: ${JSON.stringify(made.body)}`)
    const api = apiOf(url, { key: made.body.key })
    return {
      app,
      url,
      orgId: setup.body.organization.id,
      userId: setup.body.user.id,
      key: made.body.key,
      cookie,
      api,
      as: (credential) => apiOf(url, credential),
      async person({ name, email, roles, inboxIds = [] }) {
        const invited = await apiOf(url, { cookie })("POST", "/invitations", { emails: [email], roles, inboxIds })
        if (invited.status !== 201) throw new Error(`no invitation: ${JSON.stringify(invited.body)}`)
        const token = String(invited.body.items[0].link).split("#token=")[1]
        const accepted = await nobody("POST", "/invitations/acceptances", { token, name, password: testPassword })
        if (accepted.status !== 201) throw new Error(`not accepted: ${JSON.stringify(accepted.body)}`)
        return {
          id: accepted.body.user.id,
          cookie: cookieOf(accepted),
          api: apiOf(url, { cookie: cookieOf(accepted) }),
        }
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function apiOf(url: string, credential: { key?: string; cookie?: string }): Api {
  return async (method, path, body, headers = {}) => {
    const isForm = body instanceof FormData
    const answer = await fetch(`${url}/api${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(credential.key && { authorization: `Bearer ${credential.key}` }),
        ...(credential.cookie && { cookie: credential.cookie }),
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = /\bjson\b/.test(answer.headers.get("content-type") ?? "") && text !== ""
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
  }
}

function cookieOf(answer: Answer): string {
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
}
