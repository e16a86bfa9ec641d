import { Button } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconInbox, IconList, IconPlayerPause, IconSettings, IconUsers } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { Link, Outlet, useRouterState } from "@tanstack/react-router"
import { useEffect } from "react"
import { useCan, useMe } from "../can.ts"
import { Announcer } from "../field/announcer.tsx"
import { live } from "../live.ts"
import { feedCache } from "../live-cache.ts"
import { SearchField } from "../search/search-field.tsx"
import { WorkSession } from "../workspace/work-session.tsx"
import { AdminAlerts } from "./admin-alerts.tsx"
import classesOfAvailability from "./availability.module.css"
import { AvailabilityPill, AvailabilitySwitches } from "./availability-switches.tsx"
import { ConnectionBar } from "./connection-bar.tsx"
import { DrawerMenu } from "./drawer-menu.tsx"
import { Mark } from "./mark.tsx"
import { NextButton } from "./next-button.tsx"
import { NotificationBell } from "./notification-bell.tsx"
import { usePhoneTitle } from "./page-title.ts"
import classes from "./shell.module.css"
import { StatusMenu } from "./status-menu.tsx"
import { SwitchedOffBar } from "./switched-off-bar.tsx"

/** The frame of every signed-in page: header, strips, main; the socket lives as long as it does. */
export function AppShell() {
  const client = useQueryClient()
  const can = useCan()
  const inSettings = useRouterState({ select: (state) => state.location.pathname.startsWith("/settings") })
  useEffect(() => {
    const stop = feedCache(client)
    live.start()
    return stop
  }, [client])
  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        <Trans>Skip to content</Trans>
      </a>
      <Header inSettings={inSettings} />
      <ConnectionBar />
      {can("agent.self") && <SwitchedOffBar />}
      <AdminAlerts />
      <main id="main" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      {!inSettings && <BottomTabs />}
      <WorkSession />
      <Announcer />
    </div>
  )
}

function Header({ inSettings }: { inSettings: boolean }) {
  const me = useMe()
  const can = useCan()
  const title = usePhoneTitle()
  const isAgent = can("agent.self")
  return (
    <header className={classes.header}>
      <DrawerMenu />
      <Link to="/" className={classes.brand}>
        <Mark />
        <span>Switchboard</span>
        <span className={`${classes.organization} ellipsis`}>{me.organization.name}</span>
      </Link>
      {!(inSettings && isAgent) && <span className={`${classes.phoneTitle} ellipsis`}>{title ?? <PhoneBrand />}</span>}
      <div className={classes.search}>{can("customer.read") && <SearchField />}</div>
      {isAgent && inSettings && <PausedChip />}
      {isAgent && !inSettings && (
        <>
          <span className={classes.desktop}>
            <AvailabilitySwitches />
            <NextButton />
          </span>
          <span className={classes.phone}>
            <AvailabilityPill />
          </span>
        </>
      )}
      <span className={classes.separator} />
      <NotificationBell />
      <StatusMenu />
    </header>
  )
}

function PhoneBrand() {
  return (
    <>
      <Mark /> <span className={classes.product}>Switchboard</span>
    </>
  )
}

/** Nothing is routed to a person who is in Settings (spec 5). */
function PausedChip() {
  return (
    <>
      <span className={classesOfAvailability.paused}>
        <IconPlayerPause size={16} stroke={1.75} aria-hidden />
        <span className={classes.desktop}>
          <Trans>Paused while in Settings</Trans>
        </span>
        <span className={classes.phone}>
          <Trans>Paused</Trans>
        </span>
      </span>
      <span className={classes.space} />
      <Button component={Link} to="/work" size="xs" h={32} variant="light">
        <Trans>Back to work</Trans>
      </Button>
    </>
  )
}

function BottomTabs() {
  const { t } = useLingui()
  const can = useCan()
  return (
    <nav className={classes.tabs} aria-label={t`Pages`}>
      {can("agent.self") && (
        <>
          <Link
            to="/work"
            className={classes.tab}
            activeOptions={{ includeSearch: true, explicitUndefined: true }}
            search={{ list: undefined }}
          >
            <IconInbox size={20} stroke={1.75} aria-hidden />
            <Trans>Work</Trans>
          </Link>
          <Link to="/work" search={{ list: "queue" }} className={classes.tab} activeOptions={{ includeSearch: true }}>
            <IconList size={20} stroke={1.75} aria-hidden />
            <Trans>Queue</Trans>
          </Link>
        </>
      )}
      {can("customer.read") && (
        <Link to="/customers" className={classes.tab}>
          <IconUsers size={20} stroke={1.75} aria-hidden />
          <Trans>Customers</Trans>
        </Link>
      )}
      <Link to="/settings" className={classes.tab}>
        <IconSettings size={20} stroke={1.75} aria-hidden />
        <Trans>Settings</Trans>
      </Link>
    </nav>
  )
}
