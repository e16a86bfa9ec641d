/** Whether this is `npm run trials`, which plays the long forms. */
export const isTrial = process.env.TRIALS === "1"

/** For a machine with less time: the part of each long form that is played, 1 for all of it. */
const share = Number(process.env.TRIALS_SHARE || 1)

/** How much of a campaign to play: the short form in `npm test`, the long one in `npm run trials`. */
export function amount(short: number, long: number): number {
  return isTrial ? Math.max(short, Math.ceil(long * share)) : short
}
