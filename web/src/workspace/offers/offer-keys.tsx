import { useParams } from "@tanstack/react-router"
import { useEffect, useRef } from "react"
import { useIsPhone } from "../../field/is-phone.ts"
import { useIsDocked } from "./dock.ts"
import { OfferStack, useAnswer } from "./offer-card.tsx"
import { useOffers } from "./offers.ts"
import classes from "./offers.module.css"

/**
 * F8 accepts and F9 declines the first offer from anywhere; where no customer pane is on the screen, the cards float. On a
 * phone they lie at the bottom, under the thumb; over a conversation below its header and brief, so that whoever is
 * writing goes on: the composer is neither covered nor moved.
 */
export function FloatingOffers() {
  const docked = useIsDocked()
  const first = useOffers().find((shown) => !shown.end)
  const answer = useAnswer(first)
  const { conversationId } = useParams({ strict: false })
  const isPhone = useIsPhone()
  const isOver = isPhone && conversationId !== undefined
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
  return (
    <OfferStack className={`${classes.floating} ${isOver ? classes.atTop : ""}`} form={isOver ? "brief" : "card"} />
  )
}
