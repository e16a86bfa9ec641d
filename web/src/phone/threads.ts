import type { ChannelName } from "../../../src/core/channels.ts"
import type { Delivered } from "./deliveries.ts"
import type { Written } from "./kept.ts"

export type Line = { type: "delivered"; item: Delivered } | { type: "written"; item: Written }

/** Everything between us and one address at the far end. */
export type Thread = {
  address: string
  channel: ChannelName
  name: string | null
  /** Only mails of Switchboard itself went there: a colleague, not a customer. */
  isColleague: boolean
  /** Oldest first. */
  lines: Line[]
  last: Line
}

/** One thread per address, the latest first. */
export function threadsOf(delivered: readonly Delivered[], written: readonly Written[]): Thread[] {
  const byAddress = new Map<string, Line[]>()
  for (const line of inOrder(delivered, written)) {
    const address = addressOf(line)
    byAddress.set(address, [...(byAddress.get(address) ?? []), line])
  }
  const order = new Map(inOrder(delivered, written).map((line, index) => [line.item.id, index]))
  const threads = [...byAddress].flatMap(([address, lines]) => {
    const last = lines.at(-1)
    return last
      ? [{ address, lines, last, channel: last.item.channel, name: nameOf(lines), isColleague: lines.every(isOwnMail) }]
      : []
  })
  return threads.sort((a, b) => (order.get(b.last.item.id) ?? 0) - (order.get(a.last.item.id) ?? 0))
}

/** As `to_address` is stored: lower case; telephone numbers without what only people read. */
export function normalAddress(address: string): string {
  const trimmed = address.trim().toLowerCase()
  return /^\+[\d\s().-]+$/.test(trimmed) ? `+${trimmed.replaceAll(/\D/g, "")}` : trimmed
}

/** Which entry point the customer would answer: the one that he spoke with last. */
export function lastEntryPoint(thread: Thread): { id: string | null; address: string | null } {
  for (const line of thread.lines.toReversed()) {
    if (line.type === "written") return { id: line.item.entryPointId, address: line.item.to }
    if (line.item.from) return { id: null, address: line.item.from }
  }
  return { id: null, address: null }
}

/** By ids of deliveries, which rise; what was written stands behind the last delivery that its writer saw. */
function inOrder(delivered: readonly Delivered[], written: readonly Written[]): Line[] {
  const lines: Line[] = []
  let next = 0
  for (const item of delivered) {
    for (let mine = written[next]; mine && mine.afterId < item.id; mine = written[++next])
      lines.push({ type: "written", item: mine })
    lines.push({ type: "delivered", item })
  }
  return [...lines, ...written.slice(next).map((item): Line => ({ type: "written", item }))]
}

function addressOf(line: Line): string {
  return line.type === "written" ? normalAddress(line.item.address) : line.item.to
}

function nameOf(lines: readonly Line[]): string | null {
  return lines.reduce<string | null>(
    (name, line) => (line.type === "written" && line.item.name ? line.item.name : name),
    null,
  )
}

function isOwnMail(line: Line): boolean {
  return line.type === "delivered" && line.item.messageId === null
}
