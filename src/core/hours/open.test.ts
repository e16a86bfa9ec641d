import { expect, test } from "vitest"
import { hoursAt, type WeeklyHours } from "./open.ts"

const closed = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }
const nineToFive = [{ start: "09:00", stop: "17:00" }]
const office: WeeklyHours = {
  ...closed,
  timeZone: "America/New_York",
  monday: nineToFive,
  tuesday: nineToFive,
  wednesday: nineToFive,
  thursday: nineToFive,
  friday: nineToFive,
}

function at(hours: WeeklyHours, now: string) {
  const { open, nextChangeAt } = hoursAt(hours, new Date(now))
  return [open, nextChangeAt?.toISOString() ?? null]
}

test("office hours open and close by the zone's own clock", () => {
  expect(at(office, "2026-11-20T13:59:59Z")).toEqual([false, "2026-11-20T14:00:00.000Z"])
  expect(at(office, "2026-11-20T14:00:00Z")).toEqual([true, "2026-11-20T22:00:00.000Z"])
  expect(at(office, "2026-11-20T22:00:00Z")).toEqual([false, "2026-11-23T14:00:00.000Z"])
})

test("a lunch break, and a night that passes midnight", () => {
  const hours = {
    ...closed,
    timeZone: "UTC",
    friday: [
      { start: "09:00", stop: "12:00" },
      { start: "13:00", stop: "24:00" },
    ],
    saturday: [
      { start: "00:00", stop: "02:00" },
      { start: "22:00", stop: "03:00" },
    ],
  }
  expect(at(hours, "2026-11-20T12:30:00Z")).toEqual([false, "2026-11-20T13:00:00.000Z"])
  expect(at(hours, "2026-11-20T23:00:00Z")).toEqual([true, "2026-11-21T02:00:00.000Z"])
  expect(at(hours, "2026-11-22T01:00:00Z")).toEqual([true, "2026-11-22T03:00:00.000Z"])
})

test("the day on which the clocks go back has the same hours on the wall", () => {
  const sundays = { ...closed, timeZone: "America/New_York", sunday: nineToFive }
  expect(at(sundays, "2026-11-01T13:30:00Z")).toEqual([false, "2026-11-01T14:00:00.000Z"])
  expect(at(sundays, "2026-10-25T13:30:00Z")).toEqual([true, "2026-10-25T21:00:00.000Z"])
})

test("never open has no next change; always open neither", () => {
  expect(at({ ...closed, timeZone: "UTC" }, "2026-11-20T12:00:00Z")).toEqual([false, null])
  const day = [{ start: "00:00", stop: "24:00" }]
  const always = {
    timeZone: "UTC",
    monday: day,
    tuesday: day,
    wednesday: day,
    thursday: day,
    friday: day,
    saturday: day,
    sunday: day,
  }
  expect(at(always, "2026-11-20T12:00:00Z")).toEqual([true, null])
})
