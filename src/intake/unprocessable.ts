/** An event that no retry mends: it is parked with `reason` (a code) and waits for somebody to look and replay. */
export class Unprocessable extends Error {
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.name = "Unprocessable"
    this.reason = reason
  }
}

/** `resolve` throws where settings are broken: the event waits until they are mended. */
export function resolvable<T>(resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    throw new Unprocessable("no_inbox", error instanceof Error ? error.message : String(error))
  }
}
