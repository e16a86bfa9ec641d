import { createInterface } from "node:readline"
import { systemClock } from "../src/clock.ts"
import { newId } from "../src/ids.ts"
import { createIntake } from "../src/intake/intake.ts"
import { createRouting } from "../src/routing/runner.ts"
import { postgresBus } from "../src/store/bus.ts"
import { openDatabase } from "../src/store/database.ts"
import { createStore } from "../src/store/store.ts"
import { Timers } from "../src/timers.ts"

/**
 * Intake and routing as a process of their own, to be killed: `node test/routing-child.ts <database url> <owner>`. Each line
 * in is `{orgId, entryPointId, channel, from, externalId}`; each line out says what was acknowledged.
 */
const [url = "", owner = "child"] = process.argv.slice(2)
const clock = systemClock()
const database = openDatabase({ url, connectionsMax: 8 })
const side = openDatabase({ url, connectionsMax: 2 })
const bus = postgresBus(url, () => undefined)
await bus.start()
const store = createStore({ db: database.db, clock, bus })
const timers = new Timers(clock, (name, error) => console.error(name, error))
const routing = createRouting({
  store,
  clock,
  bus,
  timers,
  side: side.db,
  owner,
  engine: "fast",
  onError: (error) => console.error(error),
})
const intake = createIntake({ store, clock })
await routing.start()
timers.start()
console.log("ready")

for await (const line of createInterface({ input: process.stdin })) {
  const { orgId, entryPointId, from, externalId } = JSON.parse(line)
  intake
    .accept({
      orgId,
      entryPointId,
      channel: "sms",
      externalId,
      from: { kind: "phone", value: from, name: null, verifiedBy: "channel" },
      content: { kind: "text", text: `Message ${externalId}` },
      clientId: newId(),
      sentAt: null,
      raw: { bytes: Buffer.from(externalId) },
      test: false,
    })
    .then(
      (receipt) => console.log(`ack ${externalId} ${receipt.duplicate ? "again" : "new"}`),
      (error: unknown) => console.error(error),
    )
}
