import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestStore, testStore } from "../../test/database.ts"
import { migrate } from "./migrate.ts"

let world: TestStore
beforeAll(async () => {
  world = await testStore()
})
afterAll(() => world.close())

test("a database that is up to date stays as it is", async () => {
  expect(await migrate(world.pool)).toEqual([])
})

test("two processes at once apply each migration once", async () => {
  await world.pool.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
  const [first, second] = await Promise.all([migrate(world.pool), migrate(world.pool)])
  const { rows } = await world.pool.query("SELECT name FROM migrations ORDER BY name")
  expect([...first, ...second].sort()).toEqual(rows.map((row) => row.name))
  expect(rows.length).toBeGreaterThan(0)
})

test("a database of a later version is refused", async () => {
  await world.pool.query("INSERT INTO migrations (name, checksum) VALUES ('9999_later', '')")
  await expect(migrate(world.pool)).rejects.toThrow("newer than this Switchboard (it has migration 9999_later)")
  await world.pool.query("DELETE FROM migrations WHERE name = '9999_later'")
})

test("a migration that was changed after it was applied is refused", async () => {
  await world.pool.query("UPDATE migrations SET checksum = '' WHERE name LIKE '0001%'")
  await expect(migrate(world.pool)).rejects.toThrow("0001_")
})
