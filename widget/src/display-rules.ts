/** Whether a page's address is one where the chat is to be seen: `*` stands for anything; none included means all are. */
export function isShownOn(
  { include, exclude }: { include: readonly string[]; exclude: readonly string[] },
  url: string,
): boolean {
  const fits = (pattern: string) => matches(pattern, url)
  return !exclude.some(fits) && (include.length === 0 || include.some(fits))
}

function matches(pattern: string, url: string): boolean {
  const { pathname, host } = new URL(url)
  const text = pattern
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*")
  const whole = new RegExp(`^${text}$`, "i")
  return whole.test(url) || whole.test(pathname) || whole.test(host + pathname)
}
