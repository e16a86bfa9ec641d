import { ActionIcon, OverflowList, Tooltip, UnstyledButton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconChevronDown, IconChevronRight, IconPencil } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ChannelIcon } from "../../field/channel-icon.tsx"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { addPaths } from "./add-menu.tsx"
import classes from "./entry-points.module.css"
import { WarningList } from "./warning-list.tsx"

type Props = {
  routing: ChannelRouting
  entryPoints: EntryPoint[]
  inboxes: Map<string, Inbox>
  /** Absent for those who may only read. */
  onEdit?: () => void
}

/** The read view of a section: default Inbox, SLA and where it comes from, the counter, the exceptions (spec 2.3). */
export function SectionCard({ routing, entryPoints, inboxes, onEdit }: Props) {
  const [open, setOpen] = useState(true)
  if (!routing.inUse) return <UnusedSection routing={routing} inboxes={inboxes} onEdit={onEdit} />
  const label = sectionLabel(routing.section)
  const excepted = new Set(routing.exceptions.map((each) => each.entryPointId))
  const Chevron = open ? IconChevronDown : IconChevronRight
  return (
    <section className={`${classes.card} ${classes.body}`} aria-label={label} id={routing.section}>
      <div className={classes.head}>
        <ChannelIcon channel={routing.section} decorative />
        <h2 className={classes.name}>
          <UnstyledButton className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
            {label}
            <Chevron size={14} stroke={1.75} color="var(--sb-dim)" aria-hidden />
          </UnstyledButton>
        </h2>
        <div className={`${classes.pair} ${classes.inbox}`}>
          <div className={classes.label}>
            <Trans>Default Inbox</Trans>
          </div>
          <div className={`${classes.value} ellipsis`} title={inboxName(inboxes, routing.defaultInboxId)}>
            {inboxName(inboxes, routing.defaultInboxId)}
          </div>
        </div>
        <div className={`${classes.pair} ${classes.sla}`}>
          <div className={classes.label}>
            <Trans>SLA</Trans>
          </div>
          <div className={`${classes.value} num`}>
            <Sla typed={routing.defaultSlaMinutesText} inbox={inboxes.get(routing.defaultInboxId ?? "")} />
          </div>
        </div>
        <div className={classes.pair}>
          <div className={classes.label}>
            <Trans>Without exception</Trans>
          </div>
          <div className={`${classes.value} num`}>
            <Trans>
              {routing.entryPoints.withoutException} of {routing.entryPoints.total}
            </Trans>
          </div>
        </div>
        {onEdit && <Pencil label={label} onEdit={onEdit} />}
      </div>
      {open && (
        <>
          <Exceptions routing={routing} entryPoints={entryPoints} inboxes={inboxes} />
          <UsingDefault entryPoints={entryPoints.filter((each) => !excepted.has(each.id))} />
          {routing.warnings.length > 0 && (
            <div className={classes.warnings}>
              <WarningList warnings={routing.warnings} />
            </div>
          )}
        </>
      )}
    </section>
  )
}

/** The typed minutes with the word that says where they come from, not only a shade (ui.md 4.4). */
export function Sla({ typed, inbox }: { typed: string | null; inbox?: Inbox }) {
  if (typed !== null)
    return (
      <Trans>
        {typed} min <span className={classes.inherited}>set here</span>
      </Trans>
    )
  if (!inbox) return <span className={classes.inherited}>–</span>
  return (
    <span className={classes.inherited}>
      <Trans>{inbox.slaMinutesText} min, from Inbox</Trans>
    </span>
  )
}

function Exceptions({ routing, entryPoints, inboxes }: Pick<Props, "routing" | "entryPoints" | "inboxes">) {
  const { t } = useLingui()
  if (routing.exceptions.length === 0) return null
  const byId = new Map(entryPoints.map((each) => [each.id, each]))
  return (
    <table className={classes.exceptions} aria-label={t`Exceptions of ${sectionLabel(routing.section)}`}>
      <tbody>
        {routing.exceptions.map((each) => {
          const entryPoint = byId.get(each.entryPointId)
          return (
            <tr key={each.entryPointId}>
              <td className="num" title={entryPoint && entryPointName(entryPoint)}>
                {entryPoint ? entryPointName(entryPoint) : each.entryPointId}
              </td>
              <td title={inboxName(inboxes, each.inboxId)}>{inboxName(inboxes, each.inboxId)}</td>
              <td className="num">
                <Sla typed={each.slaMinutesText} inbox={inboxes.get(each.inboxId)} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const shownMost = 60

function UsingDefault({ entryPoints }: { entryPoints: EntryPoint[] }) {
  if (entryPoints.length === 0) return null
  return (
    <div className={classes.used}>
      <span>
        <Trans>Using the default</Trans>
      </span>
      <OverflowList
        style={{ flex: 1, minWidth: 0 }}
        gap={6}
        data={entryPoints.slice(0, shownMost)}
        renderItem={(each) => (
          <span
            key={each.id}
            className={`${classes.pill} ${each.kind === "phone" ? "num" : ""}`}
            title={entryPointName(each)}
          >
            <span className="ellipsis">{entryPointName(each)}</span>
          </span>
        )}
        renderOverflow={(hidden) => (
          <span className={classes.pill} title={hidden.map(entryPointName).join(", ")}>
            +{hidden.length}
          </span>
        )}
      />
    </div>
  )
}

function UnusedSection({ routing, inboxes, onEdit }: Pick<Props, "routing" | "inboxes" | "onEdit">) {
  const label = sectionLabel(routing.section)
  const add = addPaths[routing.section]
  const preset = inboxes.get(routing.defaultInboxId ?? "")
  return (
    <section className={`${classes.card} ${classes.unused}`} aria-label={label} id={routing.section}>
      <ChannelIcon channel={routing.section} decorative />
      <h2 className={classes.name}>{label}</h2>
      <span className="dim" style={{ fontSize: 13 }}>
        <Trans>Not in use</Trans>
        {preset && (
          <span className={classes.hideOnPhone}>
            , <Trans>default Inbox {preset.name}</Trans>
          </span>
        )}
      </span>
      <span className="grow" />
      {add && onEdit && (
        <Link to={add} search={{ add: true }} className="link" style={{ fontSize: 13 }}>
          <Trans>Add</Trans>
        </Link>
      )}
      {onEdit && <Pencil label={label} onEdit={onEdit} />}
    </section>
  )
}

function Pencil({ label, onEdit }: { label: string; onEdit: () => void }) {
  const { t } = useLingui()
  return (
    <Tooltip label={t`Edit ${label}`}>
      <ActionIcon className={classes.pencil} aria-label={t`Edit ${label}`} onClick={onEdit} data-pencil>
        <IconPencil size={18} stroke={1.75} />
      </ActionIcon>
    </Tooltip>
  )
}

export function inboxName(inboxes: Map<string, Inbox>, id: string | null): string {
  return (id && inboxes.get(id)?.name) || "–"
}
