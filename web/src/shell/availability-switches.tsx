import { Drawer, Stack, Tooltip, UnstyledButton } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { msg } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import type { MessageDescriptor } from "@lingui/core"
import type { ChannelGroup } from "../../../src/core/channels.ts"
import { useMe } from "../can.ts"
import type { Agent } from "../../../src/core/agents/agent.ts"
import { formatSeconds } from "../../../src/core/sla/minutes.ts"
import { useLiveStatus, useLostForLong } from "../use-live-status.ts"
import { useWorkKey } from "../workspace/shortcuts.ts"
import classes from "./availability.module.css"
import { countsQuery, type GroupCount, useAgentSelf, useSetAvailability } from "./shell.queries.ts"
import { toggledGroups } from "./toggled-groups.ts"

/** The order of the top bar (ui.md 3). */
const order: ChannelGroup[] = ["voice", "messaging", "mail"]
export const groupLabels: Record<ChannelGroup, MessageDescriptor> = {
  voice: msg`Voice`,
  messaging: msg`Messaging`,
  mail: msg`Mail`,
}
const bubbleMost = 99

/** One switch per group in which a channel is configured (S7, S10); each with its own waiting bubble. */
export function AvailabilitySwitches() {
  const groups = useConfiguredGroups()
  const { t } = useLingui()
  useSwitchKeys(groups)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own
    <div className={classes.group} role="group" aria-label={t`Availability`}>
      {groups.map((group) => (
        <AvailabilitySwitch key={group} group={group} />
      ))}
    </div>
  )
}

/** a, then v, m or e: the letters of the groups. */
function useSwitchKeys(groups: ChannelGroup[]) {
  const line = useLiveStatus()
  const self = useAgentSelf(true).data
  const set = useSetAvailability()
  const press = (group: ChannelGroup) => {
    if (!groups.includes(group) || !self || self.focusedAt) return
    const on = self.status === "logged_in" && self.availableFor.includes(group)
    if (on || line.state !== "lost") set.mutate(toggledGroups(self, group, groups))
  }
  useWorkKey("a v", () => press("voice"))
  useWorkKey("a m", () => press("messaging"))
  useWorkKey("a e", () => press("mail"))
}

/** The same on a phone: one pill that opens three large switches. */
export function AvailabilityPill() {
  const { t } = useLingui()
  const groups = useConfiguredGroups()
  const self = useAgentSelf(true).data
  const [opened, { open, close }] = useDisclosure()
  if (groups.length === 0) return null
  const isIn = self?.status === "logged_in"
  const on = isIn ? self.availableFor.filter((group) => groups.includes(group)).length : 0
  const of = groups.length
  return (
    <>
      <UnstyledButton
        className={classes.switch}
        data-on={on > 0 || undefined}
        onClick={open}
        aria-label={t`Availability: ${on} of ${of} on`}
      >
        <SwitchIcon on={on > 0} />
        <Trans>
          {on} of {of} on
        </Trans>
      </UnstyledButton>
      <Drawer
        opened={opened}
        onClose={close}
        position="bottom"
        styles={{ content: { height: "auto", flex: "1 1 100%" } }}
        title={t`Availability`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <Stack gap="sm" pb="lg">
          {groups.map((group) => (
            <AvailabilitySwitch key={group} group={group} large />
          ))}
        </Stack>
      </Drawer>
    </>
  )
}

function useConfiguredGroups(): ChannelGroup[] {
  const { channelGroups } = useMe()
  return order.filter((group) => channelGroups.some((each) => each.group === group && each.configured))
}

function AvailabilitySwitch({ group, large }: { group: ChannelGroup; large?: boolean }) {
  const { t } = useLingui()
  const configured = useConfiguredGroups()
  const line = useLiveStatus()
  const isAway = useLostForLong()
  const self = useAgentSelf(true).data
  const counts = useQuery(countsQuery).data
  const set = useSetAvailability()
  const count = counts?.[group]
  const waiting = count?.waiting ?? self?.waiting[group] ?? 0
  const on = Boolean(self?.availableFor.includes(group)) && self?.status === "logged_in"
  const focused = Boolean(self?.focusedAt)
  const label = t(groupLabels[group])
  const state = on ? t`available` : t`unavailable`
  return (
    <Tooltip
      label={focused ? t`Focus: nothing is offered` : <LoadText group={group} self={self} count={count} />}
      multiline
      maw={280}
    >
      <UnstyledButton
        className={`${classes.switch} ${large ? classes.large : ""}`}
        role="switch"
        aria-checked={on}
        data-lost={isAway || undefined}
        aria-busy={set.isPending}
        aria-label={waiting > 0 ? t`${label}: ${state}, ${waiting} waiting in your Inboxes` : `${label}: ${state}`}
        disabled={!self || focused || (line.state === "lost" && !on)}
        onClick={() => set.mutate(toggledGroups(self, group, configured))}
      >
        <SwitchIcon on={on} />
        {large ? (
          <span className="grow">
            {label}
            <span className={classes.note}>
              <LoadText group={group} self={self} count={count} />
            </span>
          </span>
        ) : (
          label
        )}
        {waiting > 0 && <span className={classes.bubble}>{waiting > bubbleMost ? `${bubbleMost}+` : waiting}</span>}
      </UnstyledButton>
    </Tooltip>
  )
}

function SwitchIcon({ on }: { on: boolean }) {
  return on ? <IconCircleCheckFilled size={16} aria-hidden /> : <IconCircle size={16} stroke={1.75} aria-hidden />
}

/** What the pointer is told: the load of the person and the longest wait. */
function LoadText({ group, self, count }: { group: ChannelGroup; self?: Agent; count?: GroupCount }) {
  const used = self?.load[group] ?? 0
  const { standard, maximum } = self?.capacity.messaging ?? { standard: 0, maximum: 0 }
  const oldest = count?.oldestSeconds ? formatSeconds(roundedToMinutes(count.oldestSeconds)) : null
  return (
    <>
      {group === "messaging" ? (
        <Trans>
          {used} of {standard} automatic, up to {maximum} with Next.
        </Trans>
      ) : (
        <Trans>{used} with you now.</Trans>
      )}{" "}
      {oldest && <Trans>Longest wait {oldest}.</Trans>}
    </>
  )
}

function roundedToMinutes(seconds: number): number {
  return seconds < 60 ? seconds : Math.floor(seconds / 60) * 60
}
