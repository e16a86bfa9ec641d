import { createServer } from "node:net"
import { expect, test } from "vitest"
import { ConfigError, readConfig } from "./config.ts"
import { freePort, refusePorts } from "./ports.ts"

test("ports that are taken and hosts that are not here are named with their settings, all at once", async () => {
  const taken = await freePort("127.0.0.1")
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(taken, "127.0.0.1", resolve))
  const free = await freePort("127.0.0.1")
  const config = (env: Record<string, string>) => readConfig({ SANDBOX_ORIGIN: `http://localhost:${free}`, ...env })
  try {
    await expect(refusePorts(config({ PORT: String(taken), SMTP_PORT: String(taken) }))).rejects.toEqual(
      new ConfigError([
        `PORT: port ${taken} of 127.0.0.1 is taken by another program`,
        `SMTP_PORT: port ${taken} of 127.0.0.1 is taken by another program`,
      ]),
    )
    await expect(
      refusePorts(config({ PORT: String(taken), SMTP_PORT: "2526", SMTP_HOST: "192.0.2.1" })),
    ).rejects.toEqual(
      new ConfigError([
        `PORT: port ${taken} of 127.0.0.1 is taken by another program`,
        "SMTP_HOST: this machine cannot listen on 192.0.2.1 (EADDRNOTAVAIL)",
      ]),
    )
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
  const port = await freePort("127.0.0.1")
  const smtpPort = await freePort("127.0.0.1")
  await refusePorts(config({ PORT: String(port), SMTP_PORT: String(smtpPort) }))
})
