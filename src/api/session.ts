import { z } from "zod"
import { networkOf } from "../core/addresses/network.ts"
import { MailAddress, User } from "../core/people/user.ts"
import { readCookie, sessionCookie } from "../identity/cookie.ts"
import { acceptInvitation, type QueueMail } from "../identity/invitations.ts"
import { askForReset, resetPassword } from "../identity/password-resets.ts"
import { type Agents, readUser, showUser } from "../identity/people.ts"
import { actionsOf, personPrincipal } from "../identity/principal.ts"
import type { Sessions } from "../identity/sessions.ts"
import { signIn } from "../identity/sign-in.ts"
import { perAccount, perAddress, type Tries } from "../identity/tries.ts"
import { PersonName } from "../core/people/user.ts"
import { Problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { accepted, created, noContent } from "./answer.ts"
import { type Route, route } from "./route.ts"
import { Password } from "./setup.ts"

export type SessionDeps = {
  store: Store
  sessions: Sessions
  tries: Tries
  cookieName: string
  publicUrl: string
  agents: Agents
  queueMail: QueueMail
  /** What else happens when a person signs out of this session. */
  onSignOut?: (orgId: string, userId: string, sessionId: string) => Promise<void>
}

/** Longer than a link takes to be written. */
const resetMs = 150

const SignedIn = z.object({ user: User, actions: z.array(z.string()) })

/** Signing in and out, and the ways in for those who cannot (api.md 2.1, 2.2). */
export function sessionRoutes(deps: SessionDeps): Route[] {
  const { db } = deps.store

  async function open(
    user: { orgId: string; id: string },
    request: { ip: string; headers: Record<string, string | string[] | undefined> },
  ) {
    const userAgent = request.headers["user-agent"]
    const token = await deps.sessions.open({
      orgId: user.orgId,
      userId: user.id,
      userAgent: typeof userAgent === "string" ? userAgent : undefined,
      ip: request.ip,
    })
    const shown = showUser(await readUser(db, user.orgId, user.id))
    const actions = actionsOf(personPrincipal({ ...shown, orgId: user.orgId }, null))
    return { body: { user: shown, actions }, cookie: { "set-cookie": sessionCookie(deps.cookieName, token) } }
  }

  return [
    route({
      method: "POST",
      path: "/session",
      action: "public",
      summary: "Sign in",
      body: z.object({
        email: z.string().trim().toLowerCase().min(1).max(254),
        password: z.string().min(1).max(1_000),
      }),
      answers: { 201: SignedIn },
      problems: ["credentials_wrong", "too_many_tries"],
      async handle({ body, request }) {
        const user = await signIn({ db, tries: deps.tries }, { ...body, ip: request.ip })
        // A new token at each sign-in; the one that this browser had ends.
        await endCurrent(request.headers.cookie)
        const { body: signedIn, cookie } = await open(user, request)
        return created("/session", signedIn, cookie)
      },
    }),
    route({
      method: "DELETE",
      path: "/session",
      action: "signed_in",
      summary: "Sign out",
      answers: { 204: null },
      async handle({ principal }) {
        if (principal.sessionId !== null) {
          await deps.sessions.end({ orgId: principal.orgId, userId: principal.id, sessionId: principal.sessionId })
          await deps.onSignOut?.(principal.orgId, principal.id, principal.sessionId)
        }
        return noContent({ "set-cookie": sessionCookie(deps.cookieName, null) })
      },
    }),
    route({
      method: "POST",
      path: "/password-resets",
      action: "public",
      summary: "Ask for a link to choose a new password",
      body: z.object({ email: MailAddress }),
      answers: { 202: null },
      async handle({ body, request }) {
        await deps.tries.count(perAddress, `reset ${networkOf(request.ip)}`)
        // Whether too many were sent to this account is not for the caller to know.
        const tooMany = await deps.tries.count(perAccount, `reset ${body.email}`).then(() => false, isTooMany)
        // Who has an account is not to be learned from how long it takes either.
        const work = tooMany ? null : askForReset(deps, body.email)
        await Promise.all([work, deps.store.clock.sleep(resetMs)])
        return accepted(null)
      },
    }),
    route({
      method: "POST",
      path: "/passwords",
      action: "public",
      summary: "Choose a new password by the link of a reset",
      body: z.object({ token: z.string().min(1).max(200), password: Password }),
      answers: { 204: null },
      async handle({ body, request }) {
        await deps.tries.count(perAddress, `token ${networkOf(request.ip)}`)
        await resetPassword(deps, body)
        return noContent()
      },
    }),
    route({
      method: "POST",
      path: "/invitations/acceptances",
      action: "public",
      summary: "Become a user by the link of an invitation",
      body: z.object({ token: z.string().min(1).max(200), name: PersonName, password: Password }),
      answers: { 201: SignedIn },
      async handle({ body, request, requestId }) {
        const place = `token ${networkOf(request.ip)}`
        await deps.tries.count(perAddress, place)
        const user = await acceptInvitation(deps, { ...body, requestId })
        await deps.tries.giveBack(perAddress, place)
        const { body: signedIn, cookie } = await open(user, request)
        return created(`/users/${user.id}`, signedIn, cookie)
      },
    }),
  ]

  async function endCurrent(header: string | undefined): Promise<void> {
    const token = readCookie(header, deps.cookieName)
    const current = token ? await deps.sessions.find(token) : null
    if (current) await deps.sessions.end({ orgId: current.orgId, userId: current.id, sessionId: current.sessionId })
  }
}

function isTooMany(error: unknown): true {
  if (error instanceof Problem && error.code === "too_many_tries") return true
  throw error
}
