import { Button, Group, Select } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCircleCheck } from "@tabler/icons-react"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint, Resolution } from "../../../../src/core/entry-points/entry-point.ts"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { ApiProblem } from "../../api.ts"
import { Refusal } from "../../field/form.tsx"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { explainEntryPoint } from "./entry-points.queries.ts"
import classes from "./picture.module.css"
import { bodyOf, countChanges, type SectionDraft } from "./section-draft.ts"

type Props = { routing: ChannelRouting; draft: SectionDraft; entryPoints: EntryPoint[]; editing: boolean }

/** Where a request would go, today and after saving; resolved by the server, nothing is sent or stored. */
export function TryIt({ routing, draft, entryPoints, editing }: Props) {
  const { t } = useLingui()
  const [chosen, setChosen] = useState<string | null>(null)
  const entryPoint = entryPoints.find((each) => each.id === chosen) ?? entryPoints[0]
  const changed = editing && countChanges(routing, draft) > 0
  const explain = useMutation({
    mutationFn: (about: EntryPoint) => explainEntryPoint(about, changed ? bodyOf(draft) : null),
  })
  if (!entryPoint) return null
  return (
    <div className={`${classes.card} ${classes.try}`}>
      <h2>
        <Trans>Try it</Trans>
      </h2>
      <p className="dim" style={{ fontSize: 13, margin: "2px 0 10px" }}>
        <Trans>See where a request would go, without sending one.</Trans>
      </p>
      <Group gap="sm" wrap="nowrap">
        <Select
          aria-label={t`Entry point to try`}
          className="grow"
          searchable
          allowDeselect={false}
          data={entryPoints.map((each) => ({ value: each.id, label: entryPointName(each) }))}
          value={entryPoint.id}
          onChange={(id) => {
            setChosen(id)
            explain.reset()
          }}
        />
        <Button variant="default" onClick={() => explain.mutate(entryPoint)} loading={explain.isPending}>
          <Trans>Explain</Trans>
        </Button>
      </Group>
      {explain.data && (
        <p className={classes.answer} role="status">
          <IconCircleCheck size={16} stroke={1.75} aria-hidden />
          <span>
            <Trans>Today:</Trans> <Answer resolution={explain.data.today} />.{" "}
            {explain.data.after && !same(explain.data.today, explain.data.after) && (
              <>
                <Trans>After saving:</Trans> <Answer resolution={explain.data.after} />.
              </>
            )}
          </span>
        </p>
      )}
      {explain.error && (
        <Refusal mt="sm">
          {explain.error instanceof ApiProblem && explain.error.status === 422 ? (
            <Trans>Correct the marked fields first.</Trans>
          ) : (
            explain.error.message
          )}
        </Refusal>
      )}
    </div>
  )
}

function Answer({ resolution }: { resolution: Resolution | null }) {
  if (!resolution) return <Trans>no Inbox</Trans>
  return (
    <>
      <b style={{ fontWeight: 600 }}>{resolution.inboxName}</b>,{" "}
      <Trans>due in {formatSeconds(resolution.slaSeconds)}</Trans>
    </>
  )
}

function same(a: Resolution | null, b: Resolution): boolean {
  return a?.inboxId === b.inboxId && a.slaSeconds === b.slaSeconds
}
