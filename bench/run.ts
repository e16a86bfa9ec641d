// `npm run bench`: how the program does against what the same machine does bare, in the same run: each pair interleaved,
// the median of five. `--json` prints one line for each measure and nothing else. All traffic stays on this machine.
import pg from "pg"
import { Desks } from "./desks.ts"
import { agentsMax, type Ground, layGround } from "./ground.ts"
import { formPost, HttpLane } from "./http-lane.ts"
import { type Measure, measure, median, quantile } from "./measures.ts"
import { newText } from "./texts.ts"

const rounds = 5
const windowMs = 2_000
const lanesMax = 64
const committers = 32
const textsPerSecondMax = 12_000
const rates = [500, 1_000] as const
/** What gives a conversation to an agent. */
const assigned = "conversation_assignee.updated"
/** Frames that come later than this after the last text count as never. */
const settleMs = 3_000

const json = process.argv.includes("--json")
/** `--only=intake` or `--only=screen`, to look at one of them. */
const only = process.argv.find((word) => word.startsWith("--only="))?.slice("--only=".length)
const say = (line: string) => void (json || console.log(line))

const ground = await layGround()
try {
  say("Warming up …")
  await intakeRate(ground, windowMs)
  await commitRate(ground, windowMs / 2)
  await ground.analyze()
  const measures: Measure[] = []
  if (only !== "screen") measures.push(await durableIntake(ground))
  if (only !== "intake") measures.push(...(await toScreens(ground)))
  for (const one of measures) {
    if (json) console.log(JSON.stringify(one))
    else console.log(`${one.ok ? "✓" : "✗"} ${one.name}: ${one.value} (goal ${one.goal})`)
  }
  process.exitCode = measures.every(({ ok }) => ok) || json ? 0 : 1
} finally {
  await ground.close()
}

async function toScreens(ground: Ground): Promise<Measure[]> {
  const measures: Measure[] = []
  const desks = await Desks.ofAgents(ground.program.url, ground.cookies, assigned)
  const bare = await Desks.ofBare(ground.barePort, agentsMax)
  await toScreen(ground, desks, 200, 500)
  await toBareScreen(ground, bare, 200, 500)
  for (const rate of rates) measures.push(...(await inboundToScreen(ground, desks, bare, rate)))
  desks.close()
  bare.close()
  return measures
}

async function durableIntake(ground: Ground): Promise<Measure> {
  const pairs: { intake: number; commits: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const commits = await commitRate(ground, windowMs)
    const intake = await intakeRate(ground, windowMs)
    say(`  intake ${Math.round(intake)}/s, bare commits ${Math.round(commits)}/s`)
    pairs.push({ intake, commits })
  }
  return measure("durable_intake_over_bare_commit", median(pairs.map(({ intake, commits }) => intake / commits)), {
    atLeast: 0.45,
  })
}

/** Signed texts of new senders, each answered after its commit, per second. */
async function intakeRate({ program, backlog }: Ground, ms: number): Promise<number> {
  const lanes = await Promise.all(Array.from({ length: lanesMax }, () => HttpLane.open(program.port)))
  // Signed before: what the company does is not what we measure.
  const texts = Array.from({ length: (ms / 1000) * textsPerSecondMax }, () => newText(backlog, "Where is my order?"))
  const end = performance.now() + ms
  let taken = 0
  const began = performance.now()
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() < end) {
        const text = texts[taken++]
        if (!text) throw new Error("more texts were taken than were made")
        const status = await lane.post(text.request)
        if (status !== 200) throw new Error(`a text was answered with ${status}`)
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  for (const lane of lanes) lane.close()
  return taken / seconds
}

/** One row, one commit, per second. */
async function commitRate({ databaseUrl }: Ground, ms: number): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: committers }, async () => {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      return client
    }),
  )
  const end = performance.now() + ms
  const began = performance.now()
  let written = 0
  await Promise.all(
    clients.map(async (client, n) => {
      while (performance.now() < end) {
        const values = [`${began}-${n}-${written++}`, "Where is my order?"]
        await client.query({ name: "bare", text: "INSERT INTO bench_rows (key, body) VALUES ($1, $2)", values })
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  await Promise.all(clients.map((client) => client.end()))
  return written / seconds
}

async function inboundToScreen(ground: Ground, desks: Desks, bare: Desks, rate: number): Promise<Measure[]> {
  const ratios: { p50: number; p99: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const floor = await toBareScreen(ground, bare, rate, windowMs)
    const ours = await toScreen(ground, desks, rate, windowMs)
    const [p50, p99, floor50, floor99] = [
      quantile(ours, 0.5),
      quantile(ours, 0.99),
      quantile(floor, 0.5),
      quantile(floor, 0.99),
    ]
    say(
      `  ${rate}/s to the screen: ${p50.toFixed(1)} / ${p99.toFixed(1)} ms, bare ${floor50.toFixed(1)} / ${floor99.toFixed(1)} ms (p50 / p99)`,
    )
    ratios.push({ p50: p50 / floor50, p99: p99 / floor99 })
  }
  return [
    measure(`inbound_to_screen_p50_at_${rate}`, median(ratios.map(({ p50 }) => p50)), { atMost: 2 }),
    measure(`inbound_to_screen_p99_at_${rate}`, median(ratios.map(({ p99 }) => p99)), { atMost: 2.5 }),
  ]
}

/** Milliseconds from sending a text to the frame that gives it to an agent. */
async function toScreen(ground: Ground, desks: Desks, rate: number, ms: number): Promise<number[]> {
  const seen = new Map<string, number>()
  desks.onFrame = ({ type, eventType, data }, at) => {
    if (type === "event" && eventType === assigned && data?.conversationId && !seen.has(data.conversationId))
      seen.set(data.conversationId, at)
  }
  const sent = await atRate(
    ground.program.port,
    rate,
    ms,
    (n) => newText(ground.desk, `Where is order ${n}?`),
    () => seen.size,
  )
  const conversationOf = await ground.conversationsOf([...sent.keys()])
  return latencies(sent, (id) => seen.get(conversationOf.get(id) ?? ""))
}

async function toBareScreen(ground: Ground, desks: Desks, rate: number, ms: number): Promise<number[]> {
  const seen = new Map<string, number>()
  desks.onFrame = ({ data }, at) => void (data?.key && seen.set(data.key, at))
  const text = (n: number) => {
    const id = newText(ground.desk, "").id
    return {
      id,
      request: formPost("/texts", new URLSearchParams({ key: id, text: `Where is order ${n}?` }).toString()),
    }
  }
  const sent = await atRate(ground.barePort, rate, ms, text, () => seen.size)
  return latencies(sent, (id) => seen.get(id))
}

function latencies(sent: ReadonlyMap<string, number>, seenAt: (id: string) => number | undefined): number[] {
  const found = [...sent].map(([id, at]) => (seenAt(id) ?? Number.POSITIVE_INFINITY) - at)
  const missing = found.filter((one) => !Number.isFinite(one)).length
  if (missing > 0) say(`  ${missing} of ${found.length} never came`)
  return found
}

/** An open loop: texts leave when their time has come, whether or not earlier ones are answered. */
async function atRate(
  port: number,
  rate: number,
  ms: number,
  make: (n: number) => { id: string; request: string },
  seen: () => number,
): Promise<Map<string, number>> {
  const sent = new Map<string, number>()
  const idle = await Promise.all(Array.from({ length: lanesMax }, () => HttpLane.open(port)))
  const all = [...idle]
  const total = Math.round((rate * ms) / 1000)
  const texts = Array.from({ length: total }, (_, n) => make(n))
  const posts: Promise<unknown>[] = []
  const began = performance.now()
  while (sent.size < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * rate) / 1000))
    while (sent.size < due) {
      const text = texts[sent.size]
      if (!text) break
      const lane = idle.pop() ?? (await HttpLane.open(port))
      // Counted from when it was due, so that a slow server does not slow its own measure down.
      sent.set(text.id, began + (sent.size * 1000) / rate)
      posts.push(lane.post(text.request).then(() => idle.push(lane)))
      if (!all.includes(lane)) all.push(lane)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(posts)
  const until = performance.now() + settleMs
  while (seen() < total && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10))
  for (const lane of all) lane.close()
  return sent
}
