/** The phone in the browser: a page where one plays the customer. */
export function PhonePage() {
  return null
}
