// `npm test`: everything that must hold, step by step. The last line is `N passed, N failed`, summed over all runners;
// a failing step without tests of its own counts as one failed test.
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import { type Counts, readCounts } from "./check/counts.ts"
import { checkImports } from "./check/import-rules.ts"
import { checkLockFile } from "./check/lock-file.ts"
import { checkTidy } from "./check/tidy.ts"

type Step = { name: string; run: () => Promise<Counts> }

const steps: Step[] = [
  { name: "types", run: program("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json") },
  { name: "lint and format", run: program("@biomejs/biome/bin/biome", "check", "--max-diagnostics=50") },
  { name: "imports", run: listing(checkImports) },
  { name: "unused code", run: program("knip/bin/knip.js", "--no-progress") },
  { name: "generated files", run: script("tools/generate.ts", "--check") },
  { name: "tidy", run: listing(checkTidy) },
  { name: "lock file", run: listing(checkLockFile) },
  { name: "unit and store tests", run: vitest("unit") },
  { name: "browser tests", run: vitest("e2e") },
]

const children = new Set<ChildProcess>()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => end(128 + constants.signals[signal]))
process.on("disconnect", () => end(1))

const only = process.argv.slice(2)
const total: Counts = { passed: 0, failed: 0, skipped: [] }
for (const { name, run } of steps.filter(
  (step) => only.length === 0 || only.some((word) => step.name.includes(word)),
)) {
  const started = performance.now()
  console.log(`\n▸ ${name}`)
  const { passed, failed, skipped } = await run()
  total.passed += passed
  total.failed += failed
  total.skipped.push(...skipped)
  console.log(`${failed === 0 ? "✓" : "✗"} ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
if (total.skipped.length > 0) console.log(`\nSkipped:\n${total.skipped.map((name) => `  ${name}`).join("\n")}`)
process.exitCode = total.failed === 0 ? 0 : 1
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`, () => process.exit())

function program(file: string, ...args: string[]): Step["run"] {
  return script(join("node_modules", file), ...args)
}

function script(...args: string[]): Step["run"] {
  return async () => asCounts((await start(args)) === 0)
}

function listing(check: () => Promise<string[]>): Step["run"] {
  return async () => {
    const wrong = await check().catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? "") : String(error),
    ])
    for (const line of wrong) console.log(`  ${line}`)
    return asCounts(wrong.length === 0)
  }
}

function vitest(project: string): Step["run"] {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "switchboard-check-"))
    const file = join(folder, "counts.json")
    const reporters = ["--reporter=default", "--reporter=./tools/check/counts.ts"]
    const code = await start(["node_modules/vitest/vitest.mjs", "run", "--project", project, ...reporters], {
      TEST_COUNTS: file,
    })
    const counts = readCounts(file)
    rmSync(folder, { recursive: true, force: true })
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  }
}

function asCounts(ok: boolean): Counts {
  return { passed: 0, failed: ok ? 0 : 1, skipped: [] }
}

function start(args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    })
    children.add(child)
    child.on("close", (code) => {
      children.delete(child)
      resolve(code ?? 1)
    })
  })
}

function end(code: number): void {
  for (const child of children) child.kill("SIGTERM")
  process.exit(code)
}
