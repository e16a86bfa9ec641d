import { EventEmitter } from "node:events"
import pg from "pg"
import { newId } from "../ids.ts"
import type { Committed } from "./committed.ts"

/** Says that an organization's events have grown. A hint only: whoever needs the truth reads the event table. */
export type Hint = {
  orgId: string
  position: number
  /** From this process: what was written, so that it need not be read. */
  committed?: Committed
}

/** The hint between the parts of one process and between processes. It may lose or repeat; every consumer also polls. */
export interface Bus {
  publish(hint: Hint): void
  subscribe(listener: (hint: Hint) => void): () => void
  start(): Promise<void>
  stop(): Promise<void>
}

const channel = "switchboard"
const reconnectMs = 1_000
/** Hints for other processes are sent together; each costs the database a commit. */
const collectMs = 3
/** Each process says that it is there; where no other does, hints are kept to ourselves. */
const helloMs = 2_000
const silentMs = 10_000

/**
 * PostgreSQL NOTIFY, sent in batches by one connection after the commit: inside a writing transaction it would take a
 * global commit lock (a third of the throughput at 32 clients).
 */
export function postgresBus(url: string, onError: (error: Error) => void): Bus {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  const self = newId()
  /** What no other process was told yet, by organization. */
  const pending = new Map<string, number>()
  /** Other processes, with when they were heard last. */
  const peers = new Map<string, number>()
  let hello: NodeJS.Timeout | null = null
  let client: pg.Client | null = null
  let sending = false
  let notified = Promise.resolve()
  let sooner: NodeJS.Timeout | null = null
  let stopped = false

  async function connect(): Promise<void> {
    if (stopped) return
    const next = new pg.Client({
      connectionString: url,
      application_name: "switchboard-bus",
      keepAlive: true,
      // A hint need not survive a crash, and must not wait for the disk.
      options: "-c synchronous_commit=off",
    })
    next.on("notification", (message) => receive(message.payload ?? ""))
    next.on("error", onError)
    next.on("end", () => {
      client = null
      if (!stopped) setTimeout(() => void connect(), reconnectMs).unref()
    })
    try {
      await next.connect()
      await next.query(`LISTEN ${channel}`)
      if (stopped) return await next.end()
      client = next
      await greet()
      // What was published while there was no connection.
      void flush()
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)))
      await next.end().catch(() => undefined)
    }
  }

  function receive(payload: string): void {
    const [from = "", ...hints] = payload.split(" ")
    if (from === self) return
    const isNew = !peers.has(from)
    peers.set(from, performance.now())
    if (isNew) void greet().then(flush)
    for (const hint of hints) {
      const [orgId, position] = hint.split(":")
      if (orgId && position) emitter.emit("hint", { orgId, position: Number(position) } satisfies Hint)
    }
  }

  /** One after the other: a connection does one thing at a time. */
  function notify(payload: string): Promise<void> {
    notified = notified.then(async () => {
      try {
        await client?.query("SELECT pg_notify($1, $2)", [channel, payload])
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
    })
    return notified
  }

  function greet(): Promise<void> {
    return notify(self)
  }

  function isHeard(): boolean {
    const since = performance.now() - silentMs
    for (const [peer, at] of peers) if (at < since) peers.delete(peer)
    return peers.size > 0
  }

  async function flush(): Promise<void> {
    if (sending || !isHeard()) return
    sending = true
    while (client && pending.size > 0) {
      const hints = [...pending].slice(0, 100)
      for (const [orgId] of hints) pending.delete(orgId)
      await notify(`${self} ${hints.map(([orgId, position]) => `${orgId}:${position}`).join(" ")}`)
    }
    sending = false
  }

  return {
    publish(hint) {
      // What it is about is committed: whoever fails to follow finds it in the table.
      try {
        emitter.emit("hint", hint)
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
      pending.set(hint.orgId, hint.position)
      if (sooner || stopped || peers.size === 0) return
      sooner = setTimeout(() => {
        sooner = null
        void flush()
      }, collectMs)
    },
    subscribe(listener) {
      emitter.on("hint", listener)
      return () => emitter.off("hint", listener)
    },
    async start() {
      hello = setInterval(() => void greet(), helloMs)
      hello.unref()
      await connect()
    },
    async stop() {
      stopped = true
      if (hello) clearInterval(hello)
      if (sooner) clearTimeout(sooner)
      emitter.removeAllListeners()
      const open = client
      client = null
      await open?.end().catch(() => undefined)
    },
  }
}
