import { Button } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useEffect, useState } from "react"
import type { ChannelGroup } from "../../../src/core/channels.ts"
import { useMe } from "../can.ts"
import { announce } from "../field/announcer.tsx"
import { type LiveEvent, live } from "../live.ts"
import { groupLabels } from "./availability-switches.tsx"
import { useAgentSelf, useSetAvailability } from "./shell.queries.ts"
import classes from "./strips.module.css"

/** Whoever comes back to the screen sees why nothing is offered any more, until he has switched the channel on again. */
export function SwitchedOffBar() {
  const { t } = useLingui()
  const self = useAgentSelf(true).data
  const set = useSetAvailability()
  const [group, setGroup] = useSwitchedOff()
  if (!group || !self || self.status !== "logged_in" || self.availableFor.includes(group)) return null
  const name = t(groupLabels[group])
  return (
    <section aria-label={t`Availability was changed`} className={classes.lost}>
      <Trans>{name} was switched off, because two offers in a row were missed.</Trans>
      <Button
        size="compact-xs"
        variant="default"
        loading={set.isPending}
        onClick={() => set.mutate([...self.availableFor, group])}
      >
        <Trans>I am here, switch it on</Trans>
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setGroup(null)}>
        <Trans>Leave it off</Trans>
      </Button>
    </section>
  )
}

function useSwitchedOff() {
  const { t } = useLingui()
  const me = useMe()
  const [group, setGroup] = useState<ChannelGroup | null>(null)
  useEffect(
    () =>
      live.on("event", (frame) => {
        const { eventType, data } = frame as LiveEvent
        if (eventType !== "agent_availability.updated" || data.agentId !== me.user.id) return
        const { availableFor } = data
        if (data.cause !== "missed_offers")
          return setGroup((one) => (one && Array.isArray(availableFor) && availableFor.includes(one) ? null : one))
        const off = data.group as ChannelGroup
        setGroup(off)
        const name = t(groupLabels[off])
        announce("assertive", t`${name} was switched off, because two offers in a row were missed.`)
      }),
    [me.user.id, t],
  )
  return [group, setGroup] as const
}
