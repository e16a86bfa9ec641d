import { startApp } from "./app.ts"
import { ConfigError, readConfig } from "./config.ts"
import { NotADemo } from "./demo/folder.ts"
import { DataDirInUse } from "./store/data-dir.ts"

/** The program: reads the settings, starts everything (app.ts is the table of contents), prints where to go, stops on a signal. */

const stopSecondsMax = 10

async function main(): Promise<void> {
  const args = process.argv.slice(2)
  const config = readConfig()
  const starting = startApp(config, { demo: args.includes("--demo") })
  // Also who is told to stop while he starts leaves nothing running: the database is a process of its own.
  const isStopping = stopOn(async () => (await starting).stop())
  const app = await starting
  if (!isStopping()) for (const line of app.greeting) console.log(line)
}

function stopOn(stop: () => Promise<void>): () => boolean {
  let stopping = false
  const end = (why: string) => {
    if (stopping) return
    stopping = true
    console.log(`Stopping (${why}) …`)
    setTimeout(() => process.exit(1), stopSecondsMax * 1000).unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(signal))
  // The starter was killed: nobody would stop us any more.
  process.on("disconnect", () => end("the starter is gone"))
  return () => stopping
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    console.error("Switchboard cannot start with these settings:")
    for (const line of error.lines) console.error(`  ${line}`)
    process.exit(2)
  }
  if (error instanceof DataDirInUse || error instanceof NotADemo) {
    console.error(error.message)
    process.exit(2)
  }
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
    console.error(
      `A port is taken by another program (${error.message}). Set PORT, SMTP_PORT or SANDBOX_ORIGIN to another one.`,
    )
    process.exit(2)
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  process.exit(1)
})
