import { expect, test } from "vitest"
import { missingFrom } from "./lock-file.ts"

test("an optional dependency that the lock file names and does not hold is found", () => {
  const optionalDependencies = { "@x/y-linux-x64": "1.0.0" }
  const entry = { optionalDependencies }
  expect(missingFrom({ packages: { "node_modules/a/node_modules/b": entry } })).toEqual([
    "package-lock.json names @x/y-linux-x64 for node_modules/a/node_modules/b and does not hold it",
  ])
  const held = { "node_modules/a/node_modules/b": entry, "node_modules/a/node_modules/@x/y-linux-x64": {} }
  expect(missingFrom({ packages: held })).toEqual([])
  expect(missingFrom({ packages: { "node_modules/b": entry, "node_modules/@x/y-linux-x64": {} } })).toEqual([])
})
