import { mkdtemp, readdir, rm, utimes } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openBlobs } from "./blobs.ts"

let dir = ""
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "blobs-"))
})
afterAll(() => rm(dir, { recursive: true }))

test("the same bytes are one file, whether put whole or as a stream", async () => {
  const blobs = openBlobs(dir)
  const first = await blobs.put(Buffer.from("hello"))
  const second = await blobs.put(Readable.from([Buffer.from("he"), Buffer.from("llo")]))
  expect(second).toEqual(first)
  expect(first).toEqual({ sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", sizeBytes: 5 })
  expect((await blobs.read(first.sha256)).toString()).toBe("hello")
  expect(await blobs.size(first.sha256)).toBe(5)
  expect(await blobs.size("0".repeat(64))).toBeNull()
})

test("reliability 38 a limit acts while streaming and leaves nothing behind", async () => {
  const blobs = openBlobs(dir)
  let sent = 0
  async function* endless() {
    for (;;) {
      sent++
      yield Buffer.alloc(1024)
    }
  }
  await expect(blobs.put(Readable.from(endless()), { limitBytes: 10_000 })).rejects.toMatchObject({ code: "too_large" })
  expect(sent).toBeLessThan(100)
  expect(await readdir(join(dir, "drafts"))).toEqual([])
})

test("what nothing names is collected, but never what was put again meanwhile", async () => {
  const blobs = openBlobs(dir)
  const [named, orphan, renewed] = await Promise.all(["a", "b", "c"].map((text) => blobs.put(Buffer.from(text))))
  if (!named || !orphan || !renewed) throw new Error("not put")
  const old = new Date("2020-01-01T00:00:00Z")
  for (const { sha256 } of [named, orphan, renewed]) await utimes(join(dir, sha256.slice(0, 2), sha256), old, old)
  const removed = await blobs.collect(new Date("2021-01-01T00:00:00Z"), async () => {
    await blobs.put(Buffer.from("c"))
    return new Set([named.sha256])
  })
  expect(removed).toBe(1)
  expect(await Promise.all([named, orphan, renewed].map(({ sha256 }) => blobs.size(sha256)))).toEqual([1, null, 1])
})
