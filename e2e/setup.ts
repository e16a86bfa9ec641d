import { spawnSync } from "node:child_process"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { startBrowser } from "../test/browser.ts"
import { setupCode, startProgram } from "../test/program.ts"
import { operatorToken } from "./office.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** For `chromium.connect`. */
    browserEndpoint: string
    /** One whole Switchboard for all browser tests, without an organization at first. */
    switchboard: { url: string; sandboxOrigin: string; smtpPort: number; setupCode: string }
  }
}

/** vitest's globalSetup of the browser tests: one browser and one whole Switchboard. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = join(import.meta.dirname, "..")
  const built = spawnSync(process.execPath, ["start.js", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  })
  if (built.status !== 0) throw new Error("The web parts cannot be built, see above.")
  const [browser, program] = await Promise.all([
    startBrowser(),
    startProgram({ env: { LOG_LEVEL: "warn", OPERATOR_TOKEN: operatorToken } }),
  ])
  let isOver = false
  program.child.once("exit", (code, signal) => {
    if (!isOver) console.error(`Switchboard ended in the middle (${code ?? signal}):\n${program.output()}`)
  })
  project.provide("browserEndpoint", browser.wsEndpoint())
  const { url, sandboxOrigin, smtpPort } = program
  project.provide("switchboard", { url, sandboxOrigin, smtpPort, setupCode })
  return async () => {
    isOver = true
    await browser.close()
    await program.dispose()
  }
}
