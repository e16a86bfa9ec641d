import { z } from "zod"
import { networkOf } from "../core/addresses/network.ts"
import { Country, Organization, OrganizationName, TimeZone } from "../core/people/organization.ts"
import { MailAddress, PersonName, User } from "../core/people/user.ts"
import { sessionCookie } from "../identity/cookie.ts"
import { anyUser, type OnOrganizationCreated } from "../identity/organizations.ts"
import { passwordLengthMax, passwordLengthMin } from "../identity/passwords.ts"
import type { Agents } from "../identity/people.ts"
import type { Sessions } from "../identity/sessions.ts"
import { completeSetup } from "../identity/setup.ts"
import { setupTries, type Tries } from "../identity/tries.ts"
import type { Store } from "../store/write.ts"
import { created, ok } from "./answer.ts"
import { type Route, route } from "./route.ts"

export const Password = z.string().min(passwordLengthMin).max(passwordLengthMax)

export type SetupDeps = {
  store: Store
  sessions: Sessions
  tries: Tries
  cookieName: string
  agents: Agents
  onOrganizationCreated: readonly OnOrganizationCreated[]
}

/** The first visit (api.md 2.1): the organization and its first Administrator. */
export function setupRoutes(deps: SetupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/setup",
      action: "public",
      summary: "Whether the server waits for its first user",
      answers: { 200: z.object({ open: z.boolean() }) },
      handle: async () => ok({ open: !(await anyUser(deps.store.db)) }),
    }),
    route({
      method: "POST",
      path: "/setup",
      action: "public",
      summary: "Make the organization and its first Administrator",
      body: z.object({
        code: z.string().min(1).max(200),
        organization: z.object({ name: OrganizationName, timeZone: TimeZone, country: Country.default("US") }),
        user: z.object({ name: PersonName, email: MailAddress, password: Password }),
      }),
      answers: { 201: z.object({ organization: Organization, user: User }) },
      problems: ["setup_code_wrong", "setup_closed", "already_user", "too_many_tries"],
      async handle({ body, request, requestId }) {
        await deps.tries.count(setupTries, networkOf(request.ip))
        const { organization, user, orgId } = await completeSetup(deps, { ...body, requestId })
        await deps.tries.forget(setupTries, networkOf(request.ip))
        const token = await deps.sessions.open({
          orgId,
          userId: user.id,
          userAgent: request.headers["user-agent"],
          ip: request.ip,
        })
        return created(
          `/users/${user.id}`,
          { organization, user },
          { "set-cookie": sessionCookie(deps.cookieName, token) },
        )
      },
    }),
  ]
}
