import { gzipSync } from "node:zlib"
import { build } from "vite"
import { expect, test } from "vitest"

const bytesMax = 40_000

test("the widget is one file of at most 40 kB gzipped that loads nothing else", async () => {
  const built = await build({
    configFile: new URL("../vite.config.ts", import.meta.url).pathname,
    logLevel: "silent",
    build: { write: false },
  })
  const outputs = Array.isArray(built) ? built.flatMap((one) => one.output) : "output" in built ? built.output : []
  expect(outputs.map((one) => one.fileName)).toEqual(["switchboard.js"])
  const [file] = outputs
  const code = file?.type === "chunk" ? file.code : ""
  expect(gzipSync(code).length).toBeLessThanOrEqual(bytesMax)
  expect(code).not.toMatch(/\bimport\s*\(|\beval\(|new Function\(/)
})
