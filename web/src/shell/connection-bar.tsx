import { Button } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { announce } from "../field/announcer.tsx"
import { awayMs, useLiveStatus } from "../use-live-status.ts"
import classes from "./strips.module.css"

const quietMs = 3000
const backShownMs = 3000

/** 28 px under the header while the line is lost for more than 3 s, and for 3 s after it came back (ui.md 3). */
export function ConnectionBar() {
  const line = useLiveStatus()
  const { t } = useLingui()
  const inSettings = useRouterState({ select: (state) => state.location.pathname.startsWith("/settings") })
  const [phase, setPhase] = useState<"none" | "lost" | "away" | "back">("none")
  useEffect(() => {
    if (line.state === "live" || line.state === "off") {
      setPhase((before) => (before === "lost" || before === "away" ? "back" : "none"))
      const timer = setTimeout(() => setPhase("none"), backShownMs)
      return () => clearTimeout(timer)
    }
    if (line.state !== "lost") return
    const lost = setTimeout(() => {
      setPhase("lost")
      announce("assertive", t`The connection is lost. Reconnecting.`)
    }, quietMs)
    const away = setTimeout(() => setPhase("away"), awayMs)
    return () => {
      clearTimeout(lost)
      clearTimeout(away)
    }
  }, [line.state, t])
  if (line.outdated)
    return (
      <section aria-label={t`Connection`} className={classes.neutral}>
        <Trans>A new version is ready</Trans>
        <Button size="compact-xs" variant="light" onClick={() => window.location.reload()}>
          <Trans>Reload</Trans>
        </Button>
      </section>
    )
  if (phase === "none") return null
  if (phase === "back")
    return (
      <section aria-label={t`Connection`} className={classes.back}>
        <Trans>
          Back online, <Plural value={line.caughtUp} one="# update" other="# updates" />
        </Trans>
      </section>
    )
  return (
    <section aria-label={t`Connection`} className={classes.lost}>
      {inSettings ? (
        <Trans>Reconnecting… You can read and type. Nothing can be saved until the line is back.</Trans>
      ) : (
        <Trans>Reconnecting… You can read and write; messages are sent when the line is back.</Trans>
      )}
      {phase === "away" && (
        <>
          {" "}
          <Trans>You are not offered new work.</Trans>
        </>
      )}
    </section>
  )
}
