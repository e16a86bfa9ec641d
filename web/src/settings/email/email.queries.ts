import { queryOptions } from "@tanstack/react-query"
import type { Mailbox, Probe } from "../../../../src/core/mailboxes/mailbox.ts"
import { api, listAll } from "../../api.ts"

export const mailboxesQuery = queryOptions({
  queryKey: ["mailboxes"],
  queryFn: ({ signal }) => listAll<Mailbox>("/mailboxes?limit=200", signal),
})

export const sendProbe = (mailboxId: string) => api.post<Probe>(`/mailboxes/${mailboxId}/probes`)

const probeEveryMs = 2000

/** Asked every 2 s until the probe is back or given up. */
export const probeQuery = (mailboxId: string, probeId: string) =>
  queryOptions({
    queryKey: ["mailboxes", mailboxId, "probes", probeId],
    queryFn: () => api.get<Probe>(`/mailboxes/${mailboxId}/probes/${probeId}`),
    refetchInterval: (query) => (query.state.data?.status === "sent" || !query.state.data ? probeEveryMs : false),
  })
