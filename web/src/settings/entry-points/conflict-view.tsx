import { Alert, Button, Group } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { type Section, sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { type ApiProblem, api } from "../../api.ts"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { relativeTime } from "../../field/relative-time.tsx"
import classes from "./entry-points.module.css"
import { draftOf, type SectionDraft } from "./section-draft.ts"

type Props = {
  problem: ApiProblem
  section: Section
  draft: SectionDraft
  entryPoints: EntryPoint[]
  inboxes: Map<string, Inbox>
  onKeepMine: (theirs: ChannelRouting) => void
  onTakeTheirs: (theirs: ChannelRouting) => void
}

/** Somebody saved meanwhile (412): nothing of ours was stored; the person chooses. */
export function ConflictView({ problem, section, draft, entryPoints, inboxes, onKeepMine, onTakeTheirs }: Props) {
  const { t } = useLingui()
  const [shown, { toggle }] = useDisclosure()
  const theirs = useQuery({
    queryKey: ["channel-routings", section, "current", problem.body.currentVersion],
    queryFn: () => api.get<ChannelRouting>(`/channel-routings/${section}`),
  }).data
  const who = personName(problem.body.changedBy) ?? t`Somebody`
  const at = typeof problem.body.changedAt === "string" ? relativeTime(problem.body.changedAt, Date.now()) : ""
  return (
    <Alert
      className={classes.conflict}
      color="yellow"
      variant="light"
      role="alert"
      icon={<IconAlertTriangle size={18} />}
      title={t`${who} changed ${sectionLabel(section)} ${at}. Your changes are not stored.`}
    >
      <Group gap="sm">
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={shown}>
          <Trans>Show differences</Trans>
        </Button>
        <Button size="xs" variant="default" disabled={!theirs} onClick={() => theirs && onKeepMine(theirs)}>
          <Trans>Keep mine</Trans>
        </Button>
        <Button size="xs" variant="default" disabled={!theirs} onClick={() => theirs && onTakeTheirs(theirs)}>
          <Trans>Take theirs</Trans>
        </Button>
      </Group>
      {shown && theirs && (
        <ul className={classes.differences}>
          {differences(draft, draftOf(theirs), entryPoints, inboxes, t`nothing`, t`Default`).map((line) => (
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

type Line = { what: string; mine: string; theirs: string }

function differences(
  mine: SectionDraft,
  theirs: SectionDraft,
  entryPoints: EntryPoint[],
  inboxes: Map<string, Inbox>,
  nothing: string,
  byDefault: string,
): Line[] {
  const say = (inboxId: string | null, sla: string) => {
    const inbox = inboxes.get(inboxId ?? "")
    return inbox ? `${inbox.name}, ${sla.trim() || inbox.slaMinutesText} min` : nothing
  }
  const of = (draft: SectionDraft, id: string) => {
    const row = draft.exceptions.find((each) => each.entryPointId === id)
    return row ? say(row.inboxId, row.sla) : nothing
  }
  const ids = new Set([...mine.exceptions, ...theirs.exceptions].map((each) => each.entryPointId ?? ""))
  const rows = [...ids].map((id) => {
    const entryPoint = entryPoints.find((each) => each.id === id)
    return { what: entryPoint ? entryPointName(entryPoint) : id, mine: of(mine, id), theirs: of(theirs, id) }
  })
  const first = {
    what: byDefault,
    mine: say(mine.defaultInboxId, mine.defaultSla),
    theirs: say(theirs.defaultInboxId, theirs.defaultSla),
  }
  return [first, ...rows].filter((line) => line.mine !== line.theirs)
}

function personName(person: unknown): string | null {
  return typeof person === "object" && person !== null && "name" in person && typeof person.name === "string"
    ? person.name
    : null
}
