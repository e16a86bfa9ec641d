import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testDatabase } from "../../test/database.ts"
import { isUnavailable, openDatabase } from "./database.ts"

let database: { url: string; drop(): Promise<void> }
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test("a connection that is ended between two statements is an error of its user, not the end of the process", async () => {
  const heard: Error[] = []
  const options = { url: database.url, connectionsMax: 2, onError: (error: Error) => heard.push(error) }
  const { db, pool, close } = openDatabase(options)
  const work = db.transaction().execute(async (trx) => {
    await sql`SELECT 1`.execute(trx)
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()",
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  await expect(work).rejects.toSatisfy(isUnavailable)
  expect(heard.length).toBeGreaterThan(0)
  expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }])
  await close()
})

test.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "EMFILE", "53300", "57P03", "55P03"])(
  "reliability 10 26 after %s whoever sent something sends it again: it is not the message's fault",
  (code) => {
    expect(isUnavailable(Object.assign(new Error("no"), { code }))).toBe(true)
    expect(isUnavailable(Object.assign(new Error("no"), { code: "23505" }))).toBe(false)
  },
)
