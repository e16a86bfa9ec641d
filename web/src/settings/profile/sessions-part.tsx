import { Button } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { api } from "../../api.ts"
import { DataTable } from "../../field/data-table.tsx"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { toastProblem } from "../../field/toast.tsx"
import classes from "./profile.module.css"
import { sessionsQuery } from "./profile.queries.ts"

/** Where I am signed in. */
export function SessionsPart() {
  const { t } = useLingui()
  const client = useQueryClient()
  const query = useQuery(sessionsQuery)
  const end = useMutation({
    mutationFn: (id: string) => api.delete(`/me/sessions/${id}`),
    onError: toastProblem,
    onSettled: () => void client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
  return (
    <section className={classes.part} aria-labelledby="profile-sessions">
      <h2 id="profile-sessions">
        <Trans>Sessions</Trans>
      </h2>
      <ResourceState query={query}>
        {(sessions) => (
          <DataTable
            caption={t`Your sessions`}
            rows={sessions}
            rowKey={(session) => session.id}
            columns={[
              {
                key: "agent",
                header: t`Browser`,
                cell: (session) => <span title={session.userAgent ?? ""}>{browserOf(session.userAgent)}</span>,
              },
              { key: "seen", header: t`Last seen`, cell: (session) => <RelativeTime at={session.seenAt} /> },
              {
                key: "end",
                header: "",
                cell: (session) =>
                  session.current ? (
                    <span className="dim">
                      <Trans>this one</Trans>
                    </span>
                  ) : (
                    <Button size="compact-sm" variant="subtle" onClick={() => end.mutate(session.id)}>
                      <Trans>End session</Trans>
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </ResourceState>
    </section>
  )
}

const browsers: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\/|Chromium\//, "Chrome"],
  [/Safari\//, "Safari"],
]
const systems: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS/, "macOS"],
  [/Linux/, "Linux"],
]

function browserOf(userAgent: string | null): string {
  const find = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent ?? ""))?.[1]
  return [find(browsers), find(systems)].filter(Boolean).join(", ") || "–"
}
