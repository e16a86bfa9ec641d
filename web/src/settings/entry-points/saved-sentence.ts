import { t } from "@lingui/core/macro"
import { sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { entryPointName } from "../../field/entry-point-label.tsx"

/** Says exactly what Save did, by its first changed exception or else by the default. */
export function savedSentence(
  before: ChannelRouting,
  saved: ChannelRouting,
  entryPoints: EntryPoint[],
  inboxes: Map<string, Inbox>,
): string {
  const label = sectionLabel(saved.section)
  const changed = saved.exceptions.find((each) => {
    const former = before.exceptions.find((other) => other.entryPointId === each.entryPointId)
    return former?.inboxId !== each.inboxId || former.slaMinutesText !== each.slaMinutesText
  })
  const entryPoint = changed && entryPoints.find((each) => each.id === changed.entryPointId)
  const inboxId = changed ? changed.inboxId : saved.defaultInboxId
  const inbox = inboxes.get(inboxId ?? "")?.name ?? ""
  const seconds = changed ? changed.effectiveSla.seconds : saved.effectiveSla?.seconds
  const within = seconds ? formatSeconds(seconds) : ""
  return changed && entryPoint
    ? t`${label} saved. New requests to ${entryPointName(entryPoint)} go to ${inbox} within ${within}. Requests already waiting stay where they are.`
    : t`${label} saved. New requests without an exception go to ${inbox} within ${within}. Requests already waiting stay where they are.`
}
