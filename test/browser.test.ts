import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test, vi } from "vitest"
import { findBrowser } from "./browser.ts"

afterEach(() => vi.unstubAllEnvs())

test("a CHROMIUM_PATH that is no browser is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-browser-"))
  const file = join(folder, "chromium")
  await writeFile(file, "not a program")
  vi.stubEnv("CHROMIUM_PATH", file)
  await expect(findBrowser()).rejects.toThrow(`CHROMIUM_PATH is ${file}`)
  await rm(folder, { recursive: true })
})
