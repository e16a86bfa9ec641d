import { tmpdir } from "node:os"
import { expect, test } from "vitest"
import { freeBytes, isFull, isStorageFull } from "./disk.ts"

// The kernel's own folders have no room for anything.
test.runIf(process.platform === "linux")("reliability 9 a disk without room is full, another one is not", async () => {
  expect(await freeBytes("/proc")).toBe(0)
  expect(await isFull("/proc")).toBe(true)
  expect(await isFull(tmpdir())).toBe(false)
})

test.each([
  ["ENOSPC", true],
  ["EDQUOT", true],
  ["53100", true],
  ["EIO", false],
])("reliability 9 %s is for want of room: %s", (code, isFor) => {
  expect(isStorageFull(Object.assign(new Error(code), { code }))).toBe(isFor)
})
