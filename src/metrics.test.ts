import { expect, test } from "vitest"
import { createMetrics } from "./metrics.ts"

test("what was counted, measured and asked for is in the text", async () => {
  const metrics = createMetrics()
  const arrived = metrics.counter("messages_received_total", "Messages taken in", ["channel"])
  arrived.add({ channel: "sms" })
  arrived.add({ channel: "sms" }, 2)
  metrics.histogram("commit_seconds", "A commit").observe(0.004)
  metrics.histogram("step_seconds", "A step").start()()
  metrics.gauge("queue_items", "Waiting now", () => 7)
  const text = await metrics.text()
  expect(text).toContain('switchboard_messages_received_total{channel="sms"} 3')
  expect(text).toContain('switchboard_commit_seconds_bucket{le="0.005"} 1')
  expect(text).toContain("switchboard_step_seconds_count 1")
  expect(text).toContain("switchboard_queue_items 7")
  expect(text).toContain("switchboard_nodejs_eventloop_lag_seconds")
})

test("what cannot be asked for, or takes too long, is NaN and does not keep the rest from being shown", async () => {
  const metrics = createMetrics()
  metrics.gauges({ jobs_failed: "Given up" }, () => Promise.reject(new Error("the database is away")))
  metrics.gauges({ deliveries_waiting: "Not left" }, () => new Promise(() => undefined))
  metrics.gauges({ parked: "Parked", oldest_seconds: "Oldest" }, async () => ({ parked: 2, oldest_seconds: 0.5 }))
  const text = await metrics.text()
  expect(text).toMatch(/^switchboard_jobs_failed NaN$/im)
  expect(text).toMatch(/^switchboard_deliveries_waiting NaN$/im)
  expect(text).toContain("switchboard_parked 2\n")
  expect(text).toContain("switchboard_oldest_seconds 0.5\n")
})
