import { createServer } from "node:net"
import { type Config, withBoundPorts } from "./config.ts"

/** Where a port is 0, a free one is chosen before anything starts, because links and signatures need to know it. */
export async function choosePorts(config: Config): Promise<Config> {
  const port = config.port || (await freePort(config.host))
  const sandboxPort = config.sandboxPort || (await freePort(config.host))
  const smtpPort = config.smtpPort || (await freePort(config.smtpHost))
  return withBoundPorts(config, { port, sandboxPort, smtpPort })
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0))
    })
  })
}
