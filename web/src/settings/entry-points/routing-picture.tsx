import { VisuallyHidden } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconUsersGroup } from "@tabler/icons-react"
import { useQueries } from "@tanstack/react-query"
import { channels, sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import { useCan } from "../../can.ts"
import { useIsPhone } from "../../field/is-phone.ts"
import { StatusChip } from "../../field/status-chip.tsx"
import { inboxAgentsQuery } from "../inboxes/inboxes.queries.ts"
import { makePicture, type Picture, shortName, type Source, type Target } from "./picture.ts"
import classes from "./picture.module.css"
import { countChanges, type SectionDraft } from "./section-draft.ts"

type Props = { routing: ChannelRouting; draft: SectionDraft; entryPoints: EntryPoint[]; inboxes: Map<string, Inbox> }

const headHeight = 28
const pitch = 62
const nodeHeight = 44
const columns = { source: { x: 0, width: 112 }, inbox: { x: 142, width: 122 }, agents: { x: 290, width: 84 } }

/** Entry points → Inbox → agents of one section, with what is not saved yet; the same as a list for screen readers. */
export function RoutingPicture({ routing, draft, entryPoints, inboxes }: Props) {
  const label = sectionLabel(routing.section)
  const picture = makePicture(routing, draft, entryPoints, inboxes)
  const changed = countChanges(routing, draft) > 0
  const available = useAvailable(routing, picture.targets)
  const isPhone = useIsPhone()
  const height = headHeight + Math.max(picture.sources.length, picture.targets.length, 1) * pitch
  return (
    <div className={classes.card}>
      <div className={classes.head}>
        <h2>
          <Trans>Where {label} goes</Trans>
        </h2>
        {changed && (
          <StatusChip status="info" icon={null}>
            <Trans>With your changes</Trans>
          </StatusChip>
        )}
      </div>
      {!isPhone && (
        <div className={classes.graph} style={{ height }} aria-hidden>
          <Edges picture={picture} height={height} />
          <span className={classes.columnHead} style={{ insetInlineStart: columns.source.x }}>
            <Plural value={entryPoints.length} one="# entry point" other="# entry points" />
          </span>
          <span className={classes.columnHead} style={{ insetInlineStart: columns.inbox.x }}>
            <Trans>Inbox</Trans>
          </span>
          <span className={classes.columnHead} style={{ insetInlineStart: columns.agents.x }}>
            <Trans>Agents</Trans>
          </span>
          {picture.sources.map((source, row) => (
            <SourceNode key={source.key} source={source} row={row} entryPoints={entryPoints} draft={draft} />
          ))}
          {picture.targets.map((target, row) => (
            <TargetNodes key={target.inboxId} target={target} row={row} available={available.get(target.inboxId)} />
          ))}
        </div>
      )}
      {isPhone ? (
        <WayList picture={picture} inboxes={inboxes} />
      ) : (
        <VisuallyHidden>
          <WayList picture={picture} inboxes={inboxes} />
        </VisuallyHidden>
      )}
      {!isPhone && (
        <div className={classes.legend} aria-hidden>
          <span>
            <i />
            <Trans>default</Trans>
          </span>
          <span>
            <i className={classes.exception} />
            <Trans>exception</Trans>
          </span>
          <span>
            <i className={classes.new} />
            <Trans>not saved</Trans>
          </span>
          <span>
            <i className={classes.until} />
            <Trans>until then</Trans>
          </span>
          {picture.hidden > 0 && <Trans>and {picture.hidden} more exceptions</Trans>}
        </div>
      )}
    </div>
  )
}

function SourceNode({
  source,
  row,
  entryPoints,
  draft,
}: {
  source: Source
  row: number
  entryPoints: EntryPoint[]
  draft: SectionDraft
}) {
  const many = source.key === "default" && /^\d+$/.test(source.title)
  const excepted = new Set(draft.exceptions.map((each) => each.entryPointId))
  const first = entryPoints.find((each) => !excepted.has(each.id))
  const others = Number(source.title) - 1
  return (
    <div
      className={`${classes.node} ${source.kind === "unsaved" ? classes.unsaved : ""}`}
      style={place(columns.source, row)}
    >
      <strong className="ellipsis">
        {many ? <Plural value={Number(source.title)} one="# entry point" other="# entry points" /> : source.title}
      </strong>
      {source.kind === "unsaved" ? (
        <span className={classes.unsavedText}>
          <Trans>not saved</Trans>
        </span>
      ) : (
        <span className="ellipsis">
          {many && first ? (
            <Trans>
              {shortName(first)}, +{others}
            </Trans>
          ) : source.kind === "default" ? (
            <Trans>default</Trans>
          ) : (
            <Trans>exception</Trans>
          )}
        </span>
      )}
    </div>
  )
}

function TargetNodes({ target, row, available }: { target: Target; row: number; available?: number }) {
  return (
    <>
      <div className={classes.node} style={place(columns.inbox, row)}>
        <strong className="ellipsis">{target.name}</strong>
        {target.error ? (
          <span className={classes.errorText}>
            <Trans>SLA has an error</Trans>
          </span>
        ) : (
          <span className="num">
            <Trans>Due in {dueText(target)}</Trans>
          </span>
        )}
      </div>
      <div className={`${classes.node} ${target.members === 0 ? classes.bad : ""}`} style={place(columns.agents, row)}>
        {target.members === 0 ? (
          <>
            <strong>
              <IconAlertTriangle size={13} />
              <Trans>Nobody</Trans>
            </strong>
            <span>
              <Trans>It waits</Trans>
            </span>
          </>
        ) : (
          <>
            <strong className="num">
              <Plural value={target.members} one="# agent" other="# agents" />
            </strong>
            <span className="num">
              {available === undefined ? <IconUsersGroup size={13} /> : <Trans>{available} available</Trans>}
            </span>
          </>
        )}
      </div>
    </>
  )
}

function Edges({ picture, height }: { picture: Picture; height: number }) {
  const rowOf = (inboxId: string | null) => picture.targets.findIndex((target) => target.inboxId === inboxId)
  return (
    <svg width={374} height={height} viewBox={`0 0 374 ${height}`} fill="none" aria-hidden="true">
      {picture.sources.map((source, row) => {
        const to = rowOf(source.inboxId)
        const today = rowOf(source.todayInboxId)
        const accent = source.kind !== "default"
        return (
          <g key={source.key}>
            {today >= 0 && (
              <path
                d={curve(columns.source, row, columns.inbox, today)}
                stroke="var(--sb-edge)"
                strokeWidth={1.5}
                strokeDasharray="1 4"
                strokeLinecap="round"
              />
            )}
            {to >= 0 && (
              <path
                d={curve(columns.source, row, columns.inbox, to)}
                stroke={accent ? "var(--sb-accent)" : "var(--sb-edge)"}
                strokeWidth={2}
                strokeDasharray={source.kind === "unsaved" ? "5 4" : undefined}
              />
            )}
          </g>
        )
      })}
      {picture.targets.map((target, row) => (
        <path
          key={target.inboxId}
          d={curve(columns.inbox, row, columns.agents, row)}
          stroke="var(--sb-edge)"
          strokeWidth={2}
          strokeDasharray={target.members === 0 ? "1 4" : undefined}
          strokeLinecap="round"
        />
      ))}
    </svg>
  )
}

/** The picture in words; on a phone it takes its place. */
function WayList({ picture, inboxes }: { picture: Picture; inboxes: Map<string, Inbox> }) {
  const { t } = useLingui()
  return (
    <ul className={classes.ways}>
      {picture.sources.map((source) => {
        const target = picture.targets.find((each) => each.inboxId === source.inboxId)
        const name = inboxes.get(source.inboxId ?? "")?.name ?? t`no Inbox`
        const who = source.key === "default" ? t`The default` : source.title
        const state = source.kind === "unsaved" ? t`not saved` : source.kind === "exception" ? t`exception` : t`default`
        const agents = target?.members ?? 0
        return (
          <li key={source.key}>
            <b>{source.key === "default" && source.kind === "default" ? who : t`${who} (${state})`}</b>
            <span>
              {name}, {target && !target.error && <Trans>due in {dueText(target)}, </Trans>}
              <Plural value={agents} _0="nobody serves it" one="# agent" other="# agents" />
            </span>
          </li>
        )
      })}
      {picture.hidden > 0 && (
        <li>
          <Trans>and {picture.hidden} more exceptions</Trans>
        </li>
      )}
    </ul>
  )
}

/** "5 min", or "5 min – 1 day" where two ways to the same Inbox promise different times. */
function dueText({ seconds }: Target): string {
  const [first = 0, ...others] = seconds
  const last = others.at(-1)
  return last === undefined ? formatSeconds(first) : `${formatSeconds(first)} – ${formatSeconds(last)}`
}

type Column = { x: number; width: number }

function place(column: Column, row: number) {
  return { insetInlineStart: column.x, top: headHeight + row * pitch, width: column.width }
}

function curve(from: Column, fromRow: number, to: Column, toRow: number): string {
  const y = (row: number) => headHeight + row * pitch + nodeHeight / 2
  const start = from.x + from.width
  const middle = (start + to.x) / 2
  return `M ${start} ${y(fromRow)} C ${middle} ${y(fromRow)}, ${middle} ${y(toRow)}, ${to.x} ${y(toRow)}`
}

/** How many members stand ready for the section's group; only for those who may see agents. */
function useAvailable(routing: ChannelRouting, targets: Target[]): Map<string, number> {
  const can = useCan()
  const group = channels[routing.channel].group
  const answers = useQueries({
    queries: targets.map((target) => ({
      ...inboxAgentsQuery(target.inboxId),
      enabled: can("agent.manage") && target.members > 0,
    })),
  })
  const ready = new Map<string, number>()
  targets.forEach((target, at) => {
    const agents = answers[at]?.data
    if (agents)
      ready.set(
        target.inboxId,
        agents.filter((agent) => agent.status === "logged_in" && agent.availableFor.includes(group)).length,
      )
  })
  return ready
}
