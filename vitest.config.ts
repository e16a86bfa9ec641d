import { defineConfig } from "vitest/config"

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
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.spec.ts"],
          globalSetup: "e2e/setup.ts",
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
