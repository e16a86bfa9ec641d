import { createServer } from "node:net"
import { type Config, ConfigError, withBoundPorts } from "./config.ts"
import { chance } from "./ids.ts"

/** Where a port is 0, a free one is chosen before anything starts, because links and signatures need to know it. */
export async function choosePorts(config: Config): Promise<Config> {
  const port = config.port || (await freePort(config.host))
  const sandboxPort = config.sandboxPort || (await freePort(config.host))
  const smtpPort = config.smtpPort || (await freePort(config.smtpHost))
  return withBoundPorts(config, { port, sandboxPort, smtpPort })
}

/**
 * What stands in the way of listening, each with its setting: found out before the database is started, and all at once.
 */
export async function refusePorts(config: Config): Promise<void> {
  const wanted = [
    { setting: "PORT", hostSetting: "HOST", port: config.port, host: config.host },
    {
      setting: "SMTP_PORT",
      hostSetting: config.smtpHost === config.host ? "HOST" : "SMTP_HOST",
      port: config.smtpPort,
      host: config.smtpHost,
    },
    { setting: "SANDBOX_ORIGIN", hostSetting: "HOST", port: config.sandboxPort, host: config.host },
  ]
  const found = await Promise.all(wanted.map(async (one) => ({ ...one, error: await listenError(one.port, one.host) })))
  const lines = found.flatMap((one) => (one.error ? [mistakeOf(one, one.error)] : []))
  if (lines.length > 0) throw new ConfigError([...new Set(lines)])
}

type Wanted = { setting: string; hostSetting: string; port: number; host: string }

function mistakeOf({ setting, hostSetting, port, host }: Wanted, { code }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return `${setting}: port ${port} of ${host} is taken by another program`
  if (code === "EACCES") return `${setting}: this user may not listen on port ${port}`
  return `${hostSetting}: this machine cannot listen on ${host} (${code})`
}

function listenError(port: number, host: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", resolve)
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}

/** Below what systems give to outgoing connections: one of those could take the port between the choice and its use. */
const portMin = 20_000
const portMax = 32_000
const triesMax = 50

export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const port = portMin + Math.floor(chance() * (portMax - portMin))
    if (await isFree(port, host)) return port
  }
  throw new Error(`No free port between ${portMin} and ${portMax}`)
}

async function isFree(port: number, host: string): Promise<boolean> {
  return (await listenError(port, host)) === null
}
