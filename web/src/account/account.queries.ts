import { queryOptions } from "@tanstack/react-query"
import { api } from "../api.ts"
import type { Me } from "../../../src/core/people/me.ts"

export type SignedIn = { user: Me["user"]; actions: string[] }
export type Challenge = { challengeId: string }
export type SetupForm = {
  code: string
  organization: { name: string; timeZone: string; country: string }
  user: { name: string; email: string; password: string }
}

export const signIn = (email: string, password: string) =>
  api.post<SignedIn | Challenge>("/session", { email, password })
export const completeSetup = (form: SetupForm) => api.post<SignedIn>("/setup", form)
export const acceptInvitation = (form: { token: string; name: string; password: string }) =>
  api.post<SignedIn>("/invitations/acceptances", form)
export const askForPassword = (email: string) => api.post<void>("/password-resets", { email })
export const setPassword = (token: string, password: string) => api.post<void>("/passwords", { token, password })

/** Whether nobody has an account yet. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => api.get<{ open: boolean }>("/setup", signal),
  staleTime: Number.POSITIVE_INFINITY,
})

export const passwordLengthMin = 12

/** The secret of a link stands in the fragment, which is never sent to a server or a log. */
export function fromFragment(name: string): string {
  return new URLSearchParams(window.location.hash.slice(1)).get(name) ?? ""
}
