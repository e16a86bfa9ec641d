import { useEffect, useRef } from "react"
import { useIsDocked } from "./dock.ts"
import { OfferStack, useAnswer } from "./offer-card.tsx"
import { useOffers } from "./offers.ts"
import classes from "./offers.module.css"

/**
 * F8 accepts and F9 declines the first offer from anywhere; where no pane on the screen has a place for the cards, they
 * float, on a phone at the bottom, under the thumb.
 */
export function FloatingOffers() {
  const docked = useIsDocked()
  const first = useOffers().find((shown) => !shown.end)
  const answer = useAnswer(first)
  const latest = useRef({ first, answer })
  latest.current = { first, answer }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "F8" && event.key !== "F9") return
      const now = latest.current
      if (!now.first) return
      event.preventDefault()
      now.answer.guarded(() => (event.key === "F8" ? now.answer.accept.mutate() : now.answer.decline.mutate()))
    }
    window.addEventListener("keydown", onKey)
    return () => window.removeEventListener("keydown", onKey)
  }, [])
  if (docked) return null
  return <OfferStack className={classes.floating} />
}
