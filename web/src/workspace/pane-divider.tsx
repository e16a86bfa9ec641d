import { useLingui } from "@lingui/react/macro"
import { type KeyboardEvent, type PointerEvent, useRef } from "react"
import { paneWidths, type SidePane } from "./panes.ts"
import classes from "./workspace.module.css"

type Props = {
  pane: SidePane
  width: number
  onResize: (width: number) => void
  onFold: () => void
}

const stepPx = 16

/** Between a side pane and the conversation: drawn, or moved by arrows; Enter folds, a double click undoes. */
export function PaneDivider({ pane, width, onResize, onFold }: Props) {
  const { t } = useLingui()
  const { min, usual, max } = paneWidths[pane]
  const drag = useRef<{ x: number; width: number } | null>(null)
  const inside = (wanted: number) => Math.round(Math.min(max, Math.max(min, wanted)))
  const grows = pane === "list" ? 1 : -1
  const at = (event: PointerEvent) =>
    drag.current ? inside(drag.current.width + (event.clientX - drag.current.x) * grows) : width
  const onKeyDown = (event: KeyboardEvent) => {
    const to: { [key: string]: number } = {
      ArrowRight: width + stepPx * grows,
      ArrowLeft: width - stepPx * grows,
      Home: min,
      End: max,
    }
    const wanted = to[event.key]
    if (wanted === undefined && event.key !== "Enter") return
    event.preventDefault()
    if (wanted === undefined) onFold()
    else onResize(inside(wanted))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr cannot be moved; this is a window splitter (ARIA APG)
    <div
      className={classes.divider}
      role="separator"
      aria-orientation="vertical"
      aria-label={pane === "list" ? t`Width of the list` : t`Width of the customer pane`}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={width}
      aria-valuetext={t`${width} pixels`}
      title={t`Drag to change the width, double click for the usual one`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onResize(usual)}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        drag.current = { x: event.clientX, width }
      }}
      // Only the style moves along: the panes are drawn anew once, at the end.
      onPointerMove={(event) =>
        drag.current &&
        event.currentTarget.closest<HTMLElement>("[data-panes]")?.style.setProperty(`--${pane}-width`, `${at(event)}px`)
      }
      onPointerUp={(event) => {
        const wanted = at(event)
        const moved = drag.current !== null && wanted !== drag.current.width
        drag.current = null
        if (moved) onResize(wanted)
      }}
      onPointerCancel={() => {
        drag.current = null
        onResize(width)
      }}
    />
  )
}
