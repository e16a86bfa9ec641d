import { atMost } from "../at-most.ts"

const settleMsMax = 2_000

/**
 * Waits until routing has looked at what was just committed, so that the caller's next act finds it known; not for ever,
 * and whatever routing says: it is committed.
 */
export async function whenSettled(work: Promise<void>): Promise<void> {
  await atMost(
    settleMsMax,
    work.catch(() => undefined),
  )
}
