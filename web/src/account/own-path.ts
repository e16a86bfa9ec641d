const nowhere = "http://nowhere.invalid"

/** Whether a way back that stands in the address leads to a page of ours: `//evil` and `/\evil` lead elsewhere. */
export function isOwnPath(to: string): boolean {
  return to.startsWith("/") && URL.parse(to, nowhere)?.origin === nowhere
}
