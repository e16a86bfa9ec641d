import { defineConfig } from "vitest/config"

/** The long forms (`npm run trials`) take as long as they take. */
const testTimeout = process.env.TRIALS === "1" ? 3 * 60 * 60_000 : 30_000

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{src,web,widget,test,sim,bench,tools}/**/*.test.{ts,tsx}"],
          globalSetup: "test/cluster.ts",
          // Files share a worker: a third of the time. A test that changes the process (mocks, environment) undoes it.
          isolate: false,
          // Most of them wait for processes and for the database: two at once take little more than half the time.
          maxWorkers: 2,
          testTimeout,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.spec.ts"],
          globalSetup: "e2e/setup.ts",
          isolate: false,
          // One browser and one Switchboard for all; each file has an organization of its own. One file's page works
          // while the other's waits.
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
