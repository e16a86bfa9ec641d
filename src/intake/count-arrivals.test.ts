import { expect, test } from "vitest"
import { createMetrics } from "../metrics.ts"
import { countArrivals } from "./count-arrivals.ts"
import type { InboundEvent, Receipt } from "./inbound-event.ts"

test("what came in is counted by what became of it, and comes out of intake as it was", async () => {
  const metrics = createMetrics()
  const receipt = { duplicate: false, parked: false } as Receipt
  const answers: (() => Promise<Receipt>)[] = [
    () => Promise.resolve(receipt),
    () => Promise.resolve({ ...receipt, duplicate: true }),
    () => Promise.resolve({ ...receipt, parked: true }),
    () => Promise.reject(new Error("the database is away")),
    () => {
      throw new Error("overloaded")
    },
  ]
  const intake = countArrivals(metrics, { accept: () => (answers.shift() ?? (() => Promise.resolve(receipt)))() })
  const event = { channel: "sms" } as InboundEvent
  expect(await intake.accept(event)).toBe(receipt)
  await intake.accept(event)
  await intake.accept(event)
  await expect(intake.accept(event)).rejects.toThrow("the database is away")
  expect(() => intake.accept(event)).toThrow("overloaded")
  const text = await metrics.text()
  const counted = (outcome: string) =>
    new RegExp(`inbound_events_total\\{channel="sms",outcome="${outcome}"\\} (\\d)`).exec(text)?.[1]
  expect(["taken", "duplicate", "parked", "refused"].map(counted)).toEqual(["1", "1", "1", "2"])
})
