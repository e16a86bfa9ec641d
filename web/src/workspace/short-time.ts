import { locale } from "../field/locale.ts"

const nowSeconds = 10

/** "now", "40 s", "9 min", "2 h", "Yesterday", "4 Mar": for the narrow corner of a row. */
export function shortTime(at: string, now: number): string {
  const then = Date.parse(at)
  const seconds = Math.max(0, Math.floor((now - then) / 1000))
  if (seconds < nowSeconds) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second")
  if (seconds < 60) return unit(seconds, "second")
  if (seconds < 3600) return unit(Math.floor(seconds / 60), "minute")
  if (daysBetween(then, now) === 0) return unit(Math.floor(seconds / 3600), "hour")
  if (daysBetween(then, now) === 1)
    return capitalized(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-1, "day"))
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }).format(then)
}

export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString(locale, { timeStyle: "short" })
}

/** "Today", "Yesterday", "Mon 16 Mar", with the year where it is another one. */
export function dayLabel(at: string, now: number): string {
  const days = daysBetween(Date.parse(at), now)
  if (days === 0 || days === 1)
    return capitalized(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day"))
  const date = new Date(at)
  const sameYear = date.getFullYear() === new Date(now).getFullYear()
  return date.toLocaleDateString(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  })
}

/** Calendar days on the reader's calendar, not spans of 24 hours. */
export function daysBetween(then: number, now: number): number {
  const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0)
  return Math.round((midnight(now) - midnight(then)) / 86_400_000)
}

function unit(value: number, name: "second" | "minute" | "hour"): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(value)
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
