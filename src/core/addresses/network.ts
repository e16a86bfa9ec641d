/**
 * Whom an address belongs to, for counting what comes from one place: of IPv6 the first half, since a subscriber is given
 * all of the second one (RFC 4291 2.5.1, RFC 6177) and could come from another address each time.
 */
export function networkOf(ip: string | undefined): string {
  // Of a connection that is gone nobody knows any more where it came from.
  if (ip === undefined) return ""
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  if (!ip.includes(":")) return ip
  const [head = "", tail] = ip.toLowerCase().split("%")[0]?.split("::") ?? []
  const before = head === "" ? [] : head.split(":")
  const after = tail ? tail.split(":") : []
  const groups = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0"), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}
