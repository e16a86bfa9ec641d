import { afterEach, expect, test } from "vitest"
import { MailPool } from "./pool.ts"

let pool: MailPool
afterEach(() => pool.stop())

const mail = (subject: string) => Buffer.from(`From: maya@example.com\r\nSubject: ${subject}\r\n\r\nhello\r\n`)
/** Reads slowly enough to be killed: the parser takes its lines of a file without an encoding one by one. */
const slow = Buffer.from(
  `From: a@b.example\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n${"a,b\r\n".repeat(3_000_000)}`,
)

test("reliability 51 a mail that takes too long is given up, its process killed, and the next one is read", async () => {
  pool = new MailPool({ workersMax: 1, timeoutSeconds: 0.3 })
  const [bad, good] = await Promise.allSettled([pool.read(slow), pool.read(mail("after"))])
  expect(bad).toMatchObject({ status: "rejected", reason: { reason: "time_limit" } })
  expect(good).toMatchObject({ status: "fulfilled", value: { subject: "after" } })
})

test("reliability 50 the main process does not wait while mail is read: its loop goes on", async () => {
  pool = new MailPool({ workersMax: 1, timeoutSeconds: 2 })
  await pool.read(mail("warm"))
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await Promise.allSettled([pool.read(slow.subarray(0, 4_000_000)), pool.read(mail("two"))])
  clearInterval(beat)
  expect(longest).toBeLessThan(400)
})

test("mails beyond the waiting room are refused, so that the sender tries again", async () => {
  pool = new MailPool({ workersMax: 1 })
  const results = await Promise.allSettled(Array.from({ length: 520 }, (_, index) => pool.read(mail(`${index}`))))
  const refused = results.filter((result) => result.status === "rejected")
  expect(refused.length).toBeGreaterThanOrEqual(15)
  for (const result of refused) expect(result).toMatchObject({ reason: { reason: "overloaded" } })
})

test("stopping ends the children and what still waits", async () => {
  pool = new MailPool({ workersMax: 1 })
  const reading = pool.read(slow)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const settled = expect(reading).rejects.toMatchObject({ name: "ParserFailed" })
  await pool.stop()
  await settled
  await expect(pool.read(mail("late"))).rejects.toMatchObject({ reason: "overloaded" })
})
