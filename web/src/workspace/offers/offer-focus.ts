import { type RefObject, useLayoutEffect, useRef } from "react"

/** Where the person was before going to an offer. */
let before: Element | null = null

/** To the first offer, from wherever the person is. */
export function focusOffer() {
  const card = document.querySelector<HTMLElement>("[data-offer]")
  if (!card) return
  if (!document.activeElement?.closest("[data-offers]")) before = document.activeElement
  card.focus()
}

/** Back to where the person was; the work that is open where that is gone. */
export function leaveOffers() {
  const known = before instanceof HTMLElement && before !== document.body && before.isConnected ? before : null
  const back = known ?? document.querySelector<HTMLElement>('[data-region="timeline"], [role="option"][tabindex="0"]')
  before = null
  back?.focus({ preventScroll: true })
}

/** A card that goes while the focus is in it hands the focus on: to the next offer, else back. */
export function useFocusLeaving(card: RefObject<HTMLElement | null>, isAccepted: boolean) {
  const accepted = useRef(isAccepted)
  accepted.current = isAccepted
  useLayoutEffect(() => {
    const shown = card.current
    return () => {
      if (accepted.current || !shown?.contains(document.activeElement)) return
      setTimeout(() => {
        const next = document.querySelector<HTMLElement>("[data-offer]")
        if (next) next.focus()
        else leaveOffers()
      })
    }
  }, [card])
}
