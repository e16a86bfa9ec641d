import { ActionIcon, Button, Group, Select, Stack, Switch, Text, Textarea, TextInput, Tooltip } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPlus, IconX } from "@tabler/icons-react"
import type { ChatHours } from "../../../../src/core/chat/chat-app.ts"
import { useMe } from "../../can.ts"
import classes from "./chat-apps.module.css"
import type { TabProps } from "./tab.ts"

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const
type Day = (typeof days)[number]
const dayNames: Record<Day, MessageDescriptor> = {
  monday: msg`Monday`,
  tuesday: msg`Tuesday`,
  wednesday: msg`Wednesday`,
  thursday: msg`Thursday`,
  friday: msg`Friday`,
  saturday: msg`Saturday`,
  sunday: msg`Sunday`,
}
const workday = [{ start: "09:00", stop: "17:00" }]

/** When the chat takes new messages; told by the server's clock, so a visitor's wrong clock does not matter. */
export function HoursTab({ draft, onChange, problem }: TabProps) {
  const { t } = useLingui()
  const { organization } = useMe()
  const { hours } = draft
  return (
    <Stack gap="md">
      <Switch
        label={t`Only at certain hours`}
        description={t`Otherwise the chat is always open.`}
        checked={hours !== null}
        onChange={(event) =>
          onChange({ hours: event.currentTarget.checked ? officeHours(organization.timeZone) : null })
        }
      />
      {hours && (
        <>
          <Select
            label={t`Time zone`}
            searchable
            allowDeselect={false}
            data={[...new Set([hours.timeZone, ...Intl.supportedValuesOf("timeZone")])]}
            value={hours.timeZone}
            onChange={(timeZone) => timeZone && onChange({ hours: { ...hours, timeZone } })}
          />
          <div>
            {days.map((day) => (
              <DayRow
                key={day}
                name={t(dayNames[day])}
                ranges={hours[day]}
                onChange={(ranges) => onChange({ hours: { ...hours, [day]: ranges } })}
              />
            ))}
          </div>
          {problem?.errors.some((error) => error.pointer?.startsWith("#/hours")) && (
            <Text size="sm" c="var(--sb-overdue)">
              <Trans>Enter times such as 09:00 and 17:30.</Trans>
            </Text>
          )}
        </>
      )}
      <Textarea
        label={t`After-hours text`}
        description={t`Shown while closed. A chat begun before closing goes on.`}
        autosize
        minRows={2}
        value={draft.afterHoursText}
        onChange={(event) => onChange({ afterHoursText: event.currentTarget.value })}
      />
    </Stack>
  )
}

type Range = { start: string; stop: string }

function DayRow({ name, ranges, onChange }: { name: string; ranges: Range[]; onChange: (ranges: Range[]) => void }) {
  const { t } = useLingui()
  const set = (index: number, part: Partial<Range>) =>
    onChange(ranges.map((range, at) => (at === index ? { ...range, ...part } : range)))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own
    <div className={classes.day} role="group" aria-label={name}>
      <Text size="sm" fw={500}>
        {name}
      </Text>
      <Group gap="sm">
        {ranges.length === 0 && (
          <Text size="sm" c="dimmed">
            <Trans>Closed</Trans>
          </Text>
        )}
        {ranges.map((range, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: ranges of a day have no other identity
          <Group key={index} gap={6} wrap="nowrap" className={classes.range}>
            <TextInput
              size="xs"
              className={classes.time}
              type="time"
              aria-label={t`${name} from`}
              value={range.start}
              onChange={(event) => set(index, { start: event.currentTarget.value })}
            />
            <span aria-hidden>–</span>
            <TextInput
              size="xs"
              className={classes.time}
              type="time"
              aria-label={t`${name} to`}
              value={range.stop}
              onChange={(event) => set(index, { stop: event.currentTarget.value })}
            />
            <Tooltip label={t`Remove`}>
              <ActionIcon
                aria-label={t`Remove ${range.start} to ${range.stop} on ${name}`}
                onClick={() => onChange(ranges.filter((_, at) => at !== index))}
              >
                <IconX size={16} stroke={1.75} />
              </ActionIcon>
            </Tooltip>
          </Group>
        ))}
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          aria-label={t`Add hours on ${name}`}
          onClick={() => onChange([...ranges, ...workday])}
        >
          <Trans>Add hours</Trans>
        </Button>
      </Group>
    </div>
  )
}

function officeHours(timeZone: string): ChatHours {
  const open = [...workday]
  return {
    timeZone,
    monday: open,
    tuesday: open,
    wednesday: open,
    thursday: open,
    friday: open,
    saturday: [],
    sunday: [],
  }
}
