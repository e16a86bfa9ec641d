import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import type { Section } from "../../../../src/core/channels.ts"
import type { ChannelRouting, OverviewRow } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint, Resolution } from "../../../../src/core/entry-points/entry-point.ts"
import { api, listAll } from "../../api.ts"

export type SectionBody = {
  defaultInboxId: string | null
  defaultSlaMinutesText: string | null
  exceptions: { entryPointId: string | null; inboxId: string | null; slaMinutesText: string | null }[]
}
export type Preview = { entryPoints: { id: string; before: Resolution | null; after: Resolution }[] }

export const routingsQuery = queryOptions({
  queryKey: ["channel-routings"],
  queryFn: ({ signal }) => listAll<ChannelRouting>("/channel-routings", signal),
})

export const entryPointsQuery = queryOptions({
  queryKey: ["entry-points"],
  queryFn: ({ signal }) => listAll<EntryPoint>("/entry-points", signal),
})

export const overviewQuery = queryOptions({
  queryKey: ["entry-points-overview"],
  queryFn: ({ signal }) => listAll<OverviewRow>("/entry-points/overview", signal),
})

export const overviewCsvUrl = "/api/entry-points/overview?format=csv"

/** Saves a section as a whole; a version that is not current answers 412 and stores nothing. */
export function useSaveSection(section: Section) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, version }: { body: SectionBody; version: number }) =>
      api.put<ChannelRouting>(`/channel-routings/${section}`, body, version),
    onSuccess: (saved) => {
      client.setQueryData(routingsQuery.queryKey, (all) =>
        all?.map((each) => (each.section === section ? saved : each)),
      )
      for (const key of ["channel-routings", "entry-points", "entry-points-overview", "inboxes"]) {
        void client.invalidateQueries({ queryKey: [key] })
      }
    },
  })
}

/** Where an entry point leads today and after saving the body; the server resolves, nothing is stored. */
export async function explainEntryPoint(
  entryPoint: EntryPoint,
  body: SectionBody | null,
): Promise<{ today: Resolution | null; after: Resolution | null }> {
  if (!body) return { today: await api.get<Resolution>(`/entry-points/${entryPoint.id}/resolution`), after: null }
  const preview = await api.post<Preview>(`/channel-routings/${entryPoint.section}/previews`, body)
  const found = preview.entryPoints.find((each) => each.id === entryPoint.id)
  return { today: found?.before ?? null, after: found?.after ?? null }
}
