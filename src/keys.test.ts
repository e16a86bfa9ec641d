import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { keysFrom, loadKeys, loadOperatorToken } from "./keys.ts"

test("keys differ by purpose and by secret, and are the same each time", () => {
  const keys = keysFrom("a secret of sixteen")
  expect(keys.derive("links")).toEqual(keysFrom("a secret of sixteen").derive("links"))
  expect(keys.derive("links")).not.toEqual(keys.derive("replies"))
  expect(keys.derive("links")).not.toEqual(keysFrom("another secret").derive("links"))
  expect(keys.derive("links")).toHaveLength(32)
})

test("what was sealed opens again, and not under another secret or when altered", () => {
  const keys = keysFrom("a secret of sixteen")
  const sealed = keys.seal("auth token ü")
  expect(sealed).not.toContain("auth")
  expect(keys.open(sealed)).toBe("auth token ü")
  expect(keys.seal("auth token ü")).not.toBe(sealed)
  expect(() => keysFrom("another secret").open(sealed)).toThrow()
  expect(() => keys.open(`${sealed.slice(0, -3)}AAA`)).toThrow()
  expect(() => keys.open("plain")).toThrow("not a sealed value")
})

test("the first start makes the secret for its owner only, the next ones read it; SECRET_KEY stands above it", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "keys-"))
  try {
    const first = await loadKeys({ dataDir })
    expect((await stat(join(dataDir, "secret-key"))).mode & 0o777).toBe(0o600)
    expect((await loadKeys({ dataDir })).fingerprint).toBe(first.fingerprint)
    const secretKey = (await readFile(join(dataDir, "secret-key"), "utf8")).trim()
    expect((await loadKeys({ dataDir: "/nowhere", secretKey })).fingerprint).toBe(first.fingerprint)
    expect(await loadOperatorToken({ dataDir })).toBe(await loadOperatorToken({ dataDir }))
    expect(await loadOperatorToken({ dataDir, operatorToken: "given by hand" })).toBe("given by hand")
    await writeFile(join(dataDir, "secret-key"), "")
    await expect(loadKeys({ dataDir })).rejects.toThrow("is empty")
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
