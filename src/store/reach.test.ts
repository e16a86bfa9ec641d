import { createServer } from "node:net"
import { sql } from "kysely"
import { expect, test } from "vitest"
import { databaseUrl } from "../../test/cluster.ts"
import { testStore } from "../../test/database.ts"
import { freePort } from "../ports.ts"
import { openDatabase } from "./database.ts"
import { reachDatabase } from "./reach.ts"

async function reached(url: string, seconds = 0): Promise<{ lines: string[]; warnings: string[] }> {
  const database = openDatabase({ url, connectionsMax: 1 })
  const warnings: string[] = []
  try {
    await reachDatabase(database, { seconds, warn: (text) => warnings.push(text) })
    return { lines: [], warnings }
  } catch (error) {
    return { lines: (error as { lines?: string[] }).lines ?? [String(error)], warnings }
  } finally {
    await database.close()
  }
}

test("a database that is not there, or of another encoding, is a mistake of DATABASE_URL, and no password is told", async () => {
  await using ground = await testStore()
  const none = await freePort("127.0.0.1")
  expect((await reached(`postgresql://app:geheim@127.0.0.1:${none}/sb`)).lines).toEqual([
    `DATABASE_URL: the database cannot be used: connect ECONNREFUSED 127.0.0.1:${none}`,
  ])
  // Of a name with two addresses Node says no more than the code.
  expect((await reached(`postgresql://app:geheim@localhost:${none}/sb`)).lines[0]).toMatch(/used: .*ECONNREFUSED/)
  expect((await reached(databaseUrl(ground.url, "nosuch"))).lines).toEqual([
    'DATABASE_URL: the database cannot be used: database "nosuch" does not exist',
  ])
  const ascii = `ascii_${none}`
  await sql.raw(`CREATE DATABASE ${ascii} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`).execute(ground.db)
  expect((await reached(databaseUrl(ground.url, ascii))).lines).toEqual([
    "DATABASE_URL: the database's encoding is SQL_ASCII, it must be UTF8",
  ])
  await sql.raw(`DROP DATABASE ${ascii}`).execute(ground.db)
})

test("one that starts after us is waited for; what would break the promise is warned of", async () => {
  await using ground = await testStore()
  // The tests' own server does not sync to disk.
  expect(await reached(ground.url)).toEqual({
    lines: [],
    warnings: expect.arrayContaining([expect.stringMatching(/^The database has fsync off/)]),
  })
  const port = await freePort("127.0.0.1")
  const door = createServer((socket) => socket.destroy())
  const waiting = reached(`postgresql://app@127.0.0.1:${port}/sb`, 1.2)
  setTimeout(() => door.listen(port, "127.0.0.1"), 300)
  const { lines, warnings } = await waiting
  door.close()
  expect(warnings).toEqual([
    `The database does not answer yet (connect ECONNREFUSED 127.0.0.1:${port}): trying for 1.2 s`,
  ])
  // The last word is that of the server which came meanwhile.
  expect(lines[0]).toMatch(/^DATABASE_URL: the database cannot be used: Connection terminated/)
})
