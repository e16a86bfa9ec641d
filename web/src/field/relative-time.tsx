import { useNowMinutes } from "./now.ts"
import { locale } from "./locale.ts"

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" })
const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
]

/** "2 min ago", the exact time on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNowMinutes()
  return (
    <time dateTime={at} title={exactTime(at)} className="num">
      {relativeTime(at, now)}
    </time>
  )
}

export function exactTime(at: string): string {
  return exact.format(new Date(at))
}

export function relativeTime(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1000
  const step = steps.find(([, size]) => Math.abs(seconds) >= size)
  return step ? relative.format(Math.trunc(seconds / step[1]), step[0]) : relative.format(0, "second")
}
