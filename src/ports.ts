import { createServer } from "node:net"
import { type Config, withBoundPorts } from "./config.ts"
import { chance } from "./ids.ts"

/** Where a port is 0, a free one is chosen before anything starts, because links and signatures need to know it. */
export async function choosePorts(config: Config): Promise<Config> {
  const port = config.port || (await freePort(config.host))
  const sandboxPort = config.sandboxPort || (await freePort(config.host))
  const smtpPort = config.smtpPort || (await freePort(config.smtpHost))
  return withBoundPorts(config, { port, sandboxPort, smtpPort })
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

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
