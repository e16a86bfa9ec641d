import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestStore, testStore } from "../../test/database.ts"
import { checkShared } from "./shared.ts"

let world: TestStore
let folder: string
beforeAll(async () => {
  world = await testStore()
  folder = await mkdtemp(join(tmpdir(), "switchboard-shared-"))
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

test("a second process must come with the secret and the folder of the first; each one that differs is named", async () => {
  const first = { fingerprint: "f1", blobDir: join(folder, "blobs") }
  await checkShared(world.pool, first)
  await checkShared(world.pool, first)
  const other = { fingerprint: "f2", blobDir: join(folder, "others") }
  await expect(checkShared(world.pool, other)).rejects.toThrow(/^SECRET_KEY: .*\nBLOB_DIR: /)
  await expect(checkShared(world.pool, { ...first, blobDir: other.blobDir })).rejects.toThrow(/^BLOB_DIR: [^\n]*$/)
  await checkShared(world.pool, first)
})
