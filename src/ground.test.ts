import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { testDatabase } from "../test/database.ts"
import { ConfigError, readConfig } from "./config.ts"
import { layGround } from "./ground.ts"
import { createLog } from "./log.ts"

test("a database that came without its secret is refused, and no other secret is left in its place", async () => {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), "switchboard-ground-"))
  const start = (name: string, env: Record<string, string> = {}) =>
    layGround(
      readConfig({
        PORT: "0",
        SMTP_PORT: "0",
        DATABASE_URL: database.url,
        DATA_DIR: join(folder, name),
        BLOB_DIR: join(folder, "blobs"),
        ...env,
      }),
      { log: createLog({ level: "silent" }) },
    )
  const first = await start("first", { SECRET_KEY: "the secret of the company" })
  await first.stop()
  const refused = await start("restored").catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect((refused as ConfigError).lines).toEqual([
    expect.stringMatching(/^SECRET_KEY: this database was made with another/),
  ])
  expect(await readdir(join(folder, "restored"))).not.toContain("secret-key")
  const right = await start("restored", { SECRET_KEY: "the secret of the company" })
  await right.stop()
  await database.drop()
  await rm(folder, { recursive: true })
})
