import { Trans } from "@lingui/react/macro"
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react"
import { Link, useRouterState } from "@tanstack/react-router"
import { type ReactNode, useEffect, useRef } from "react"
import { useCan } from "../can.ts"
import { useTitle } from "../shell/page-title.ts"
import { categories } from "./settings-pages.ts"
import classes from "./settings.module.css"

type Props = {
  title: string
  lead?: ReactNode
  /** To change what stands here; named with a link to the table of permissions (S80). */
  requiredRole?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** The head of a page of Settings: title (focused on arrival), one sentence, who may, its actions. */
export function SettingsPage({ title, lead, requiredRole, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  const mayRead = useMayRead()
  useTitle(title)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <>
      <header className={classes.head}>
        <div className="grow">
          <h1 className={classes.title} tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead && <p className={classes.lead}>{lead}</p>}
          {requiredRole && mayRead && (
            <p className={classes.meta}>
              <Trans>Required role: {requiredRole}</Trans> ·{" "}
              <Link to="/settings/people/roles">
                <Trans>View permissions by role</Trans>
              </Link>
            </p>
          )}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </>
  )
}

/** Who may not read the page is told below its title who may: two answers would contradict each other. */
function useMayRead(): boolean {
  const can = useCan()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const page = categories.flatMap(({ pages }) => pages).find(({ to }) => path.startsWith(to))
  return !page || can(page.action)
}

/** One line that stays: neutral ground, so that amber keeps its meaning; only the icon is amber. */
export function Notice({ children, kind = "warning" }: { children: ReactNode; kind?: "warning" | "info" }) {
  const Glyph = kind === "warning" ? IconAlertTriangle : IconInfoCircle
  return (
    <div className={classes.notice} role="note">
      <Glyph size={16} stroke={1.75} aria-hidden style={kind === "info" ? { color: "var(--sb-dim)" } : undefined} />
      <span>{children}</span>
    </div>
  )
}

/** S52: said before an entry point is added. */
export function AddWarning() {
  return (
    <Notice>
      <Trans>
        Add an entry point only when you are ready to receive. It goes to the channel's default Inbox at once.
      </Trans>
    </Notice>
  )
}
