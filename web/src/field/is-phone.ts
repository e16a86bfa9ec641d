import { useMediaQuery } from "@mantine/hooks"

/** Narrower than Mantine's `sm`, where the navigation stands at the foot. */
const phoneWidth = "(max-width: 47.99em)"

/** Whether the page is as narrow as on a phone; the component follows it. */
export function useIsPhone(): boolean {
  return useMediaQuery(phoneWidth, false, { getInitialValueInEffect: false })
}

/** The same, asked once. */
export function isPhoneNow(): boolean {
  return window.matchMedia(phoneWidth).matches
}
