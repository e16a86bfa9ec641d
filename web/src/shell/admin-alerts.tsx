import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconUsersGroup } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useCan } from "../can.ts"
import { inboxesQuery, isUnserved, waitingOf } from "../settings/inboxes/inboxes.queries.ts"
import { parkedQuery } from "../settings/parked/parked.queries.ts"
import classes from "./strips.module.css"

/** What needs an administrator, on each of his pages: customers who wait for nobody, events that could not be processed. */
export function AdminAlerts() {
  const { t } = useLingui()
  const can = useCan()
  const responsible = can("entryPoint.edit")
  const inboxes = useQuery({ ...inboxesQuery, enabled: responsible, refetchInterval: 15_000 }).data ?? []
  const parked = useQuery({ ...parkedQuery, enabled: can("inboundEvent.read") }).data ?? []
  const unserved = inboxes.filter(isUnserved)
  const waiting = unserved.reduce((sum, inbox) => sum + waitingOf(inbox), 0)
  const first = unserved[0]
  if (!first && parked.length === 0) return null
  return (
    <section aria-label={t`Needs an administrator`}>
      {first && (
        <div className={classes.alert}>
          <IconUsersGroup size={16} stroke={1.75} aria-hidden />
          <span>
            <Plural value={waiting} one="# waits" other="# wait" />, <Trans>nobody is available</Trans>
          </span>
          {unserved.length === 1 ? (
            <Link to="/settings/orchestration/inboxes/$inboxId" params={{ inboxId: first.id }}>
              <Trans>Show {first.name}</Trans>
            </Link>
          ) : (
            <Link to="/settings/orchestration/inboxes">
              <Trans>Show {unserved.length} Inboxes</Trans>
            </Link>
          )}
        </div>
      )}
      {parked.length > 0 && (
        <div className={classes.alert}>
          <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
          <span>
            <Plural
              value={parked.length}
              one="# message could not be processed. It is kept and can be replayed."
              other="# messages could not be processed. They are kept and can be replayed."
            />
          </span>
          <Link to="/settings/channels/parked">
            <Trans>Show</Trans>
          </Link>
        </div>
      )}
    </section>
  )
}
