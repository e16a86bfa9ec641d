import { ActionIcon, Badge, Select, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconTrash, IconUsersGroup } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { memo } from "react"
import type { Section } from "../../../../src/core/channels.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { entryPointName } from "../../field/entry-point-label.tsx"
import { InboxSelect } from "../../field/inbox-select.tsx"
import { SlaMinutesInput } from "../../field/sla-minutes-input.tsx"
import classes from "./entry-points.module.css"
import type { ExceptionDraft } from "./section-draft.ts"

type Props = {
  row: ExceptionDraft
  index: number
  isNew: boolean
  /** Those of the section that no other row has taken (S71). */
  choices: EntryPoint[]
  inbox?: Inbox
  errors: Map<string, string>
  section: Section
  /** `null` deletes the row. */
  onChange: (key: string, part: Partial<ExceptionDraft> | null) => void
}

/** Exactly three inputs: Entry Point, Inbox, SLA (minutes) (S70). Of many rows only the one that changed is drawn. */
export const ExceptionRow = memo(Row, (before, after) => {
  const { choices, ...others } = before
  return (
    Object.entries(others).every(([name, value]) => value === after[name as keyof typeof others]) &&
    choices.length === after.choices.length &&
    choices.every((each, at) => each === after.choices[at])
  )
})

export function fieldIdOf(section: Section, pointer: string): string {
  return `${section}${pointer.replaceAll("/", "-")}`
}

function Row({ row, index, isNew, choices, inbox, errors, section, onChange }: Props) {
  const { t } = useLingui()
  const fieldId = (pointer: string) => fieldIdOf(section, pointer)
  const at = `/exceptions/${index}`
  const chosen = choices.find((each) => each.id === row.entryPointId)
  const name = chosen ? entryPointName(chosen) : t`new row`
  const number = index + 1
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own
    <div className={classes.row} role="group" aria-label={t`Exception ${number}`}>
      <Select
        id={fieldId(`${at}/entryPointId`)}
        label={t`Entry Point`}
        aria-label={t`Entry Point`}
        placeholder={t`Choose an entry point`}
        searchable
        autoSelectOnBlur
        allowDeselect={false}
        nothingFoundMessage={t`None left`}
        data={choices.map((each) => ({ value: each.id, label: entryPointName(each) }))}
        value={row.entryPointId}
        onChange={(entryPointId) => onChange(row.key, { entryPointId })}
        error={errors.get(`${at}/entryPointId`)}
        {...(isNew && chosen
          ? {
              rightSection: (
                <Badge size="xs" variant="light" tt="none" radius="xs">
                  <Trans>New</Trans>
                </Badge>
              ),
              rightSectionWidth: 52,
              rightSectionPointerEvents: "none" as const,
            }
          : {})}
      />
      <div>
        <InboxSelect
          id={fieldId(`${at}/inboxId`)}
          label={t`Inbox`}
          aria-label={t`Inbox`}
          value={row.inboxId}
          onChange={(inboxId) => onChange(row.key, { inboxId })}
          error={errors.get(`${at}/inboxId`)}
        />
        {inbox && <WithoutAgents inbox={inbox} />}
      </div>
      <SlaMinutesInput
        id={fieldId(`${at}/slaMinutesText`)}
        label={t`SLA (minutes)`}
        aria-label={t`SLA (minutes)`}
        value={row.sla}
        onChange={(sla) => onChange(row.key, { sla })}
        inherited={inbox && { minutesText: inbox.slaMinutesText, inboxName: inbox.name, seconds: inbox.slaSeconds }}
        serverError={errors.get(`${at}/slaMinutesText`)}
      />
      <Tooltip label={t`Delete exception`}>
        <ActionIcon
          className={classes.delete}
          aria-label={t`Delete exception for ${name}`}
          onClick={() => onChange(row.key, null)}
        >
          <IconTrash size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

/** S20: does not block. */
export function WithoutAgents({ inbox }: { inbox: Inbox }) {
  if (inbox.memberCount > 0) return null
  return (
    <div className={classes.warning}>
      <IconUsersGroup size={14} aria-hidden />
      <span>
        <Trans>No agents.</Trans>{" "}
        <Link to="/settings/orchestration/inboxes/$inboxId" params={{ inboxId: inbox.id }}>
          <Trans>Add agents</Trans>
        </Link>
      </span>
    </div>
  )
}
