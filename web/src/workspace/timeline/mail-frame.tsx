import { Anchor } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { useLayoutEffect, useMemo, useRef, useState } from "react"
import { framePage, type MailDocument } from "./mail-document.ts"
import { followHeight } from "./mail-replica.ts"
import classes from "./timeline.module.css"

type Props = { mail: MailDocument; title: string }

/** A mail that is higher is shown folded at first, so that the timeline stays a timeline. */
const wholeUpToPx = 520
const foldedHeightPx = 420

/** As high as its text, so that the wheel moves the timeline and nothing has to be scrolled for inside. */
export function MailFrame({ mail, title }: Props) {
  const [isWhole, setWhole] = useState(false)
  const { replica, height } = useHeight(mail)
  const isLong = height > wholeUpToPx
  const isFolded = isLong && !isWhole
  return (
    <>
      <div className={classes.frameBox} data-folded={isFolded || undefined} style={isFolded ? foldedStyle : undefined}>
        <div ref={replica} className={classes.replica} inert aria-hidden />
        <Frame mail={mail} title={title} height={height} />
      </div>
      {isLong && (
        <Anchor component="button" type="button" size="xs" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? <Trans>Show less</Trans> : <Trans>Show the whole mail</Trans>}
        </Anchor>
      )}
    </>
  )
}

const foldedStyle = { height: foldedHeightPx }

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
