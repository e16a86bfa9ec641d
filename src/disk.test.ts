import { tmpdir } from "node:os"
import { expect, test } from "vitest"
import { freeBytes, isFull } from "./disk.ts"

// The kernel's own folders have no room for anything.
test.runIf(process.platform === "linux")("reliability 9 a disk without room is full, another one is not", async () => {
  expect(await freeBytes("/proc")).toBe(0)
  expect(await isFull("/proc")).toBe(true)
  expect(await isFull(tmpdir())).toBe(false)
})
