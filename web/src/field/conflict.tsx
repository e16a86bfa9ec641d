import { Alert, Button, Group } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle } from "@tabler/icons-react"
import { ApiProblem } from "../api.ts"
import { type Draft, keepMine } from "./draft.ts"
import { useSeen } from "./form.tsx"
import { relativeTime } from "./relative-time.tsx"

/** One thing on which the two differ, in words. */
export type Difference = { what: string; mine: string; theirs: string }

type Props = {
  problem: ApiProblem
  /** What both changed. */
  name: string
  /** Absent until what the other saved was read. */
  theirs: { differences: Difference[]; onKeepMine: () => void; onTakeTheirs: () => void } | null
}

/** Somebody saved meanwhile (412): nothing of ours was stored and nothing typed is lost; the person chooses. */
export function Conflict({ problem, name, theirs }: Props) {
  const { t } = useLingui()
  const [shown, { toggle }] = useDisclosure()
  const alert = useSeen<HTMLDivElement>()
  const who = personName(problem.body.changedBy) ?? t`Somebody`
  const { changedAt } = problem.body
  const at = typeof changedAt === "string" ? relativeTime(changedAt, Date.now()) : t`meanwhile`
  return (
    <Alert
      ref={alert}
      style={{ scrollMarginBlock: 72 }}
      color="yellow"
      variant="light"
      role="alert"
      icon={<IconAlertTriangle size={18} />}
      title={t`${who} changed ${name} ${at}. Your changes are not stored.`}
    >
      <Group gap="sm">
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={shown}>
          <Trans>Show differences</Trans>
        </Button>
        <Button size="xs" variant="default" disabled={!theirs} onClick={theirs?.onKeepMine}>
          <Trans>Keep mine</Trans>
        </Button>
        <Button size="xs" variant="default" disabled={!theirs} onClick={theirs?.onTakeTheirs}>
          <Trans>Take theirs</Trans>
        </Button>
      </Group>
      {shown && theirs && (
        <ul style={{ fontSize: 13, margin: "8px 0 0", paddingInlineStart: 18, overflowWrap: "anywhere" }}>
          {theirs.differences.map((line) => (
            <li key={line.what}>
              <Trans>
                {line.what}: yours {line.mine}, theirs {line.theirs}
              </Trans>
            </li>
          ))}
        </ul>
      )}
    </Alert>
  )
}

type DraftProps<Thing extends { version: number }, Values extends object> = {
  problem: ApiProblem
  name: string
  draft: Draft<Thing, Values>
  /** As the server has it now: read again after the refusal. */
  current: Thing
  lines: Line<Values>[]
  save: { mutate: (send: { values: Values; version: number }) => void; reset: () => void }
}

/** The same for a form with a draft: mine is what I changed, over what the other saved. */
export function DraftConflict<Thing extends { version: number }, Values extends object>(
  props: DraftProps<Thing, Values>,
) {
  const { problem, name, draft, current, lines, save } = props
  const saved = draft.valuesOf(current)
  const theirs = current.version > draft.version && {
    // What Keep mine would store, so where nothing was typed there is no difference.
    differences: differencesOf(lines, keepMine(draft.stored, draft.values, saved), saved),
    onKeepMine: () => save.mutate({ values: draft.keepOver(current), version: current.version }),
    onTakeTheirs: () => {
      draft.take(current)
      save.reset()
    },
  }
  return <Conflict problem={problem} name={name} theirs={theirs || null} />
}

export function isConflict(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && error.code === "version_conflict"
}

/** How one part of what a form holds is told. */
export type Line<Values> = [what: string, show: (values: Values) => string]

function differencesOf<Values>(lines: Line<Values>[], mine: Values, theirs: Values): Difference[] {
  return lines
    .map(([what, show]) => ({ what, mine: show(mine), theirs: show(theirs) }))
    .filter((line) => line.mine !== line.theirs)
}

function personName(person: unknown): string | null {
  return typeof person === "object" && person !== null && "name" in person && typeof person.name === "string"
    ? person.name
    : null
}
