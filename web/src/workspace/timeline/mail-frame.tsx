import { useLayoutEffect, useMemo, useRef, useState } from "react"
import { LongMail } from "./long-mail.tsx"
import { framePage, type MailDocument } from "./mail-document.ts"
import { followHeight } from "./mail-replica.ts"
import classes from "./timeline.module.css"

type Props = { mail: MailDocument; title: string }

/** As high as its text, so that the wheel moves the timeline and nothing has to be scrolled for inside. */
export function MailFrame({ mail, title }: Props) {
  const { replica, height } = useHeight(mail)
  return (
    <LongMail height={height}>
      <div ref={replica} className={classes.replica} inert aria-hidden />
      <Frame mail={mail} title={title} height={height} />
    </LongMail>
  )
}

/** Runs nothing and loads nothing by itself. Should it be higher than was thought, it scrolls. */
export function Frame({ mail, title, height }: Props & { height?: number }) {
  const page = useMemo(() => framePage(mail, nonce()), [mail])
  return (
    <iframe
      className={classes.frame}
      title={title}
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      srcDoc={page}
      style={height === undefined ? undefined : { height }}
    />
  )
}

function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ""
}

const heightMinPx = 24

function useHeight(mail: MailDocument) {
  const replica = useRef<HTMLDivElement>(null)
  const root = useRef<ShadowRoot | null>(null)
  const [height, setHeight] = useState(heightMinPx)
  useLayoutEffect(() => {
    root.current ??= replica.current?.attachShadow({ mode: "closed" }) ?? null
    if (root.current) return followHeight(root.current, mail, (next) => setHeight(Math.max(heightMinPx, next)))
  }, [mail])
  return { replica, height }
}
