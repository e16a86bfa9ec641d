// `npm run trials`: the tests that have a long form (those that import test/trials.ts), in that form. Takes minutes to
// hours; names of files as arguments choose.
import { spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { filesOf } from "./generated/files.ts"

const chosen = process.argv.slice(2)
const tests = await filesOf(["src", "test", "sim", "web", "widget", "bench"], /\.test\.tsx?$/)
const sources = await Promise.all(tests.map(async (path) => ({ path, source: await readFile(path, "utf8") })))
const long = sources
  .filter(
    ({ path, source }) =>
      /\/trials\.ts"/.test(source) && (chosen.length === 0 || chosen.some((word) => path.includes(word))),
  )
  .map(({ path }) => path)
if (long.length === 0) {
  console.log(`No test with a long form${chosen.length > 0 ? ` in ${chosen.join(", ")}` : ""}.`)
  process.exit(0)
}

const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "--reporter=verbose", ...long]
const child = spawn(process.execPath, vitest, {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, TRIALS: "1" },
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal))
process.on("disconnect", () => child.kill("SIGTERM"))
child.on("close", (code) => process.exit(code ?? 1))
