import { Anchor } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { type ReactNode, useState } from "react"
import classes from "./timeline.module.css"

type Props = {
  /** Of all that is inside. */
  height: number
  children: ReactNode
}

/** A mail that is higher is shown folded at first, so that the timeline stays a timeline. */
const wholeUpToPx = 520
const foldedHeightPx = 420

export function LongMail({ height, children }: Props) {
  const [isWhole, setWhole] = useState(false)
  const isLong = height > wholeUpToPx
  const isFolded = isLong && !isWhole
  return (
    <>
      <div className={classes.frameBox} data-folded={isFolded || undefined} style={isFolded ? foldedStyle : undefined}>
        {children}
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
