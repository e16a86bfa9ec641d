/**
 * Named points at which a test makes the program fail, so that a crash at any line can be repeated. Inert in use:
 * a test sets `FAULTS` through `setFault`, or a child process through the configuration's `faults`.
 */
const faults = new Map<string, () => void | Promise<void>>()

/** Does nothing unless a test has set something for `name`. */
export function fault(name: string): void | Promise<void> {
  if (faults.size === 0) return
  return faults.get(name)?.()
}

/** For tests: what to do when the program passes `name`; `null` takes it away. */
export function setFault(name: string, act: (() => void | Promise<void>) | null): void {
  if (act === null) faults.delete(name)
  else faults.set(name, act)
}
