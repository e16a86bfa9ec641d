/** Whether this is `npm run trials`, which plays the long forms. */
export const isTrial = process.env.TRIALS === "1"

/** How much of a campaign to play: the short form in `npm test`, the long one in `npm run trials`. */
export function amount(short: number, long: number): number {
  return isTrial ? long : short
}
