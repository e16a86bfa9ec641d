import type { ReactNode } from "react"
import { Mark } from "../shell/mark.tsx"
import { useTitle } from "../shell/page-title.ts"
import classes from "./account.module.css"

type Props = { title: string; lead?: ReactNode; children: ReactNode }

/** The one card of the pages before the sign-in. */
export function AccountCard({ title, lead, children }: Props) {
  useTitle(title)
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <Mark /> Switchboard
        </div>
        <h1 className={classes.title}>{title}</h1>
        {lead && <p className={classes.lead}>{lead}</p>}
        {children}
      </div>
    </main>
  )
}
