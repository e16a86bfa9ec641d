import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { NotADemo, openDemoFolder } from "./folder.ts"

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "demo-folder-"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test("an empty folder becomes a demonstration's and is known again", async () => {
  const first = await openDemoFolder(join(root, "new"))
  expect(first.loaded).toBe(false)
  await first.markLoaded()
  expect(await openDemoFolder(join(root, "new"))).toMatchObject({ password: first.password, loaded: true })
})

test("a folder with somebody's own data is refused and left as it was", async () => {
  const folder = await mkdtemp(join(root, "own-"))
  await writeFile(join(folder, "secret-key"), "x")
  await expect(openDemoFolder(folder)).rejects.toThrow(NotADemo)
  expect(await readdir(folder)).toEqual(["secret-key"])
})
