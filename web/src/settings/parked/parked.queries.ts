import { queryOptions } from "@tanstack/react-query"
import type { ChannelName } from "../../../../src/core/channels.ts"
import { api, listAll } from "../../api.ts"

/** Something that arrived and could not be taken in (GET /inbound-events?parked=true). */
export type ParkedEvent = {
  id: string
  channel: ChannelName
  entryPointId: string
  receivedAt: string
  parkedReason: string | null
  attempts: number
}

export const parkedQuery = queryOptions({
  queryKey: ["inbound-events", "parked"],
  queryFn: ({ signal }) => listAll<ParkedEvent>("/inbound-events?parked=true", signal),
  refetchInterval: 60_000,
})

export const replay = (id: string) => api.post<{ status: "done" | "parked" }>(`/inbound-events/${id}/replays`)

export const discard = (id: string) => api.put(`/inbound-events/${id}/discard`, {})
