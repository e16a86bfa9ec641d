import { readFileSync, writeFileSync } from "node:fs"
import type { Reporter } from "vitest/node"
import { z } from "zod"

const Counts = z.object({ passed: z.number(), failed: z.number(), skipped: z.array(z.string()) })
export type Counts = z.output<typeof Counts>

/** A reporter of vitest that writes what it counted to the file that TEST_COUNTS names. */
export default class CountsReporter implements Reporter {
  onTestRunEnd: NonNullable<Reporter["onTestRunEnd"]> = (modules, errors) => {
    const counts: Counts = { passed: 0, failed: errors.length, skipped: [] }
    for (const module of modules) {
      // One that could not be loaded has no tests; a failing hook counts too.
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === "passed") counts.passed++
        else if (state === "failed") counts.failed++
        else counts.skipped.push(`${module.relativeModuleId}: ${test.fullName}`)
      }
    }
    const file = process.env.TEST_COUNTS
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}

/** What a run wrote; one failure where it ended before it could. */
export function readCounts(file: string): Counts {
  try {
    return Counts.parse(JSON.parse(readFileSync(file, "utf8")))
  } catch {
    return { passed: 0, failed: 1, skipped: [] }
  }
}
