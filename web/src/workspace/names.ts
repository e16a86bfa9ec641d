import { useQuery } from "@tanstack/react-query"
import { formatPhoneNumber } from "../field/phone-number.ts"
import { inboxesQuery } from "../settings/inboxes/inboxes.queries.ts"
import { usersQuery } from "../settings/users/users.queries.ts"

/** Names of Inboxes and colleagues by id; an empty text while they load. */
export function useNames(): { inbox: (id: string) => string; person: (id: string | null) => string } {
  const inboxes = useQuery(inboxesQuery).data
  const users = useQuery(usersQuery).data
  return {
    inbox: (id) => inboxes?.find((inbox) => inbox.id === id)?.name ?? "",
    person: (id) => users?.find((user) => user.id === id)?.name ?? "",
  }
}

/** As a person would write it; customers without a name go by their address, which intake takes as the name. */
export function shownName(name: string | null, otherwise: string): string {
  if (!name) return otherwise
  return /^\+\d{6,15}$/.test(name) ? formatPhoneNumber(name) : name
}

/** Of a telephone number its last two digits: what stands at its beginning is the same for a whole town. */
export function initialsOf(name: string): string {
  if (!/\p{L}/u.test(name)) return name.replaceAll(/\D/g, "").slice(-2)
  const words = name
    .replaceAll(/[^\p{L}\p{N}\s]/gu, " ")
    .trim()
    .split(/\s+/)
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0]?.toUpperCase() ?? "").join("")
}
