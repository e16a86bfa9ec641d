import dayjs from "dayjs"
import timezone from "dayjs/plugin/timezone.js"
import utc from "dayjs/plugin/utc.js"

dayjs.extend(utc)
dayjs.extend(timezone)

/** Ranges of one day as HH:MM; `24:00` is the end of the day, and a stop that is not after its start is on the next day. */
export type DayRanges = readonly { start: string; stop: string }[]

/** A weekly table in an IANA zone. */
export type WeeklyHours = {
  timeZone: string
  monday: DayRanges
  tuesday: DayRanges
  wednesday: DayRanges
  thursday: DayRanges
  friday: DayRanges
  saturday: DayRanges
  sunday: DayRanges
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const
/** A range of yesterday may reach into today; a week and a day ahead holds every change there is. */
const daysAhead = 8

type Span = { from: number; to: number }

/** Whether the hours are open at `now`, and when that changes next (null: never). Local times follow the zone's clock changes. */
export function hoursAt(hours: WeeklyHours, now: Date): { open: boolean; nextChangeAt: Date | null } {
  const spans = merged(spansAround(hours, now))
  const at = now.getTime()
  const current = spans.find((span) => span.from <= at && at < span.to)
  if (current) {
    const lasts = spans[spans.length - 1] === current && current.to - at > (daysAhead - 1) * 86_400_000
    return { open: true, nextChangeAt: lasts ? null : new Date(current.to) }
  }
  const next = spans.find((span) => span.from > at)
  return { open: false, nextChangeAt: next ? new Date(next.from) : null }
}

function spansAround(hours: WeeklyHours, now: Date): Span[] {
  const today = dayjs(now).tz(hours.timeZone).format("YYYY-MM-DD")
  const spans: Span[] = []
  for (let offset = -1; offset <= daysAhead; offset++) {
    const date = dayjs.utc(today).add(offset, "day")
    const ranges = hours[weekdays[date.day()] ?? "sunday"]
    for (const { start, stop } of ranges) {
      const nextDay = stop <= start || stop === "24:00"
      const endDate = nextDay ? date.add(1, "day") : date
      const endTime = stop === "24:00" ? "00:00" : stop
      spans.push({
        from: instant(date.format("YYYY-MM-DD"), start, hours.timeZone),
        to: instant(endDate.format("YYYY-MM-DD"), endTime, hours.timeZone),
      })
    }
  }
  return spans
}

function instant(date: string, time: string, zone: string): number {
  return dayjs.tz(`${date}T${time}:00`, zone).valueOf()
}

function merged(spans: Span[]): Span[] {
  const result: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result[result.length - 1]
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to)
    else result.push({ ...span })
  }
  return result
}
