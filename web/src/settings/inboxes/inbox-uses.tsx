import { Button, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { DataTable } from "../../field/data-table.tsx"
import { EntryPointLabel } from "../../field/entry-point-label.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { entryPointsQuery } from "../entry-points/entry-points.queries.ts"
import { inboxUsesQuery } from "./inboxes.queries.ts"

/** The entry points that lead here, and every setting that names this Inbox. */
export function InboxUses({ inbox }: { inbox: Inbox }) {
  const { t } = useLingui()
  const uses = useQuery(inboxUsesQuery(inbox.id))
  const entryPoints = (useQuery(entryPointsQuery).data ?? []).filter((each) => each.resolution?.inboxId === inbox.id)
  return (
    <Stack gap="lg">
      {entryPoints.length > 0 && (
        <DataTable
          caption={t`Entry points that lead to ${inbox.name}`}
          rows={entryPoints}
          rowKey={(each) => each.id}
          columns={[
            { key: "entryPoint", header: t`Entry point`, cell: (each) => <EntryPointLabel entryPoint={each} /> },
            {
              key: "why",
              header: t`Because of`,
              cell: (each) =>
                each.resolution?.inboxSource === "exception" ? (
                  <Trans>its exception</Trans>
                ) : (
                  <Trans>the channel's default</Trans>
                ),
            },
          ]}
        />
      )}
      <ResourceState
        query={uses}
        isEmpty={(all) => all.length === 0}
        empty={
          <p className="dim">
            <Trans>No setting names this Inbox.</Trans>
          </p>
        }
      >
        {(all) => (
          <DataTable
            caption={t`Settings that name ${inbox.name}`}
            rows={all}
            rowKey={(use) => `${use.kind} ${use.id}`}
            columns={[{ key: "use", header: t`Named in`, cell: (use) => use.label }]}
          />
        )}
      </ResourceState>
      <Button
        component={Link}
        to="/settings/channels/entry-points"
        variant="default"
        style={{ alignSelf: "flex-start" }}
      >
        <Trans>Go to Entry Points</Trans>
      </Button>
    </Stack>
  )
}
