import type { BrowserContextOptions, Page } from "playwright"
import { newPage, switchboard } from "./pages.ts"

/** Lets browser tests make organizations of their own, so that files do not see each other's settings. */
export const operatorToken = "operator-token-of-the-browser-tests"
export const password = "a long enough password"

export type Office = {
  /** Signed in as Jordan: administrator, operator, agent. */
  page: Page
  userId: string
  email: string
  /** The answer's body; throws with the problem when it is not 2xx. */
  api: <T = Record<string, unknown>>(method: string, path: string, body?: unknown, version?: number | "*") => Promise<T>
  /** The address is unique on the server: the organization's own domain. */
  domain: string
  close: () => Promise<void>
}

let made = 0

/** A fresh organization called Retale and its first administrator, signed in. */
export async function newOffice(options: BrowserContextOptions = {}): Promise<Office> {
  const page = await newPage(options)
  page.setDefaultTimeout(15_000)
  const domain = newDomain()
  const email = `jordan@${domain}`
  const { setupLink } = await newSetupLink(email)
  const code = setupLink.split("#code=")[1]
  const answer = await page.request.post("/api/setup", {
    data: {
      code,
      organization: { name: "Retale", timeZone: "America/Los_Angeles", country: "US" },
      user: { name: "Jordan Park", email, password },
    },
  })
  if (!answer.ok()) throw new Error(`POST /setup: ${answer.status()} ${await answer.text()}`)
  const { user } = await answer.json()
  return { page, userId: user.id, email, domain, api: apiOf(page), close: () => page.context().close() }
}

/** Another person of the organization, signed in, in a context of his own. */
export async function newColleague(
  office: Office,
  name: string,
  roles: string[],
  inboxIds: string[] = [],
): Promise<Omit<Office, "domain">> {
  const email = `${name.toLowerCase()}-${++made}@${office.domain}`
  const { items } = await office.api<{ items: { link: string }[] }>("POST", "/invitations", {
    emails: [email],
    roles,
    inboxIds,
  })
  const token = items[0]?.link.split("#token=")[1]
  const page = await newPage()
  const answer = await page.request.post("/api/invitations/acceptances", { data: { token, name, password } })
  if (!answer.ok()) throw new Error(`accept: ${answer.status()} ${await answer.text()}`)
  const { user } = await answer.json()
  return { page, userId: user.id, email, api: apiOf(page), close: () => page.context().close() }
}

/** The one-time link for the first administrator of a new organization. */
export async function newSetupLink(administratorEmail: string): Promise<{ setupLink: string }> {
  const answer = await fetch(`${switchboard().url}/api/organizations`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Retale", timeZone: "America/Los_Angeles", administratorEmail }),
  })
  if (!answer.ok) throw new Error(`POST /organizations: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

export function newDomain(): string {
  return `retale-${process.pid}-${++made}.example`
}

function apiOf(page: Page): Office["api"] {
  return async (method, path, body, version) => {
    const answer = await page.request.fetch(`/api${path}`, {
      method,
      data: body,
      headers: version === undefined ? {} : { "if-match": version === "*" ? "*" : `"${version}"` },
    })
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
    const text = await answer.text()
    return text ? JSON.parse(text) : undefined
  }
}
