import { useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { type Section, sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { type ApiProblem, api } from "../../api.ts"
import { Conflict, type Difference } from "../../field/conflict.tsx"
import { entryPointName } from "../../field/entry-point-label.tsx"
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

/** A section that somebody saved meanwhile, entry point by entry point. */
export function ConflictView({ problem, section, draft, entryPoints, inboxes, onKeepMine, onTakeTheirs }: Props) {
  const { t } = useLingui()
  const theirs = useQuery({
    queryKey: ["channel-routings", section, "current", problem.body.currentVersion],
    queryFn: () => api.get<ChannelRouting>(`/channel-routings/${section}`),
  }).data
  return (
    <Conflict
      problem={problem}
      name={sectionLabel(section)}
      theirs={
        theirs
          ? {
              differences: differences(draft, draftOf(theirs), entryPoints, inboxes, t`nothing`, t`Default`),
              onKeepMine: () => onKeepMine(theirs),
              onTakeTheirs: () => onTakeTheirs(theirs),
            }
          : null
      }
    />
  )
}

function differences(
  mine: SectionDraft,
  theirs: SectionDraft,
  entryPoints: EntryPoint[],
  inboxes: Map<string, Inbox>,
  nothing: string,
  byDefault: string,
): Difference[] {
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
