import prom from "prom-client"
import { atMost } from "./at-most.ts"

/** What `/metrics` shows. Names get the prefix `switchboard_`; units stand in them (`_seconds`, `_bytes`, `_total`). */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): { add(labels?: Labels, by?: number): void }
  /** For what is measured in seconds, unless other buckets are given. */
  histogram(name: string, help: string, options?: { labels?: readonly string[]; buckets?: number[] }): Histogram
  /** The value is asked for at each scrape. */
  gauge(name: string, help: string, read: () => number): void
  /**
   * Several that are asked for together at each scrape, from where an answer may take long or never come: then they are
   * NaN, and the rest is shown all the same.
   */
  gauges<Name extends string>(
    helps: Readonly<Record<Name, string>>,
    read: () => Promise<Readonly<Record<Name, number>>>,
  ): void
  readonly contentType: string
  text(): Promise<string>
}

export type Labels = Record<string, string | number>

export interface Histogram {
  observe(value: number, labels?: Labels): void
  /** Starts a clock; the answer observes the seconds since then. */
  start(labels?: Labels): () => void
}

const prefix = "switchboard_"
/** From a bare commit to what nobody waits for. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A scraper waits for 10 s; what a database that is away would say is not worth them. */
const readMsMax = 1_500

export function createMetrics(): Metrics {
  const registry = new prom.Registry()
  const groups: (() => Promise<void>)[] = []
  prom.collectDefaultMetrics({ register: registry, prefix })
  return {
    counter(name, help, labels = []) {
      const counter = new prom.Counter({ name: prefix + name, help, labelNames: [...labels], registers: [registry] })
      return { add: (values = {}, by = 1) => counter.inc(values, by) }
    },
    histogram(name, help, { labels = [], buckets = secondsBuckets } = {}) {
      const labelNames = [...labels]
      const histogram = new prom.Histogram({ name: prefix + name, help, labelNames, buckets, registers: [registry] })
      return {
        observe: (value, values = {}) => histogram.observe(values, value),
        start: (values = {}) => {
          const end = histogram.startTimer(values)
          return () => void end()
        },
      }
    },
    gauge(name, help, read) {
      const gauge: prom.Gauge = new prom.Gauge({
        name: prefix + name,
        help,
        registers: [registry],
        collect: () => gauge.set(read()),
      })
    },
    gauges(helps, read) {
      const names = Object.keys(helps) as (keyof typeof helps)[]
      const made = names.map((name) => ({
        name,
        gauge: new prom.Gauge({ name: prefix + name, help: helps[name], registers: [registry] }),
      }))
      groups.push(async () => {
        const values = await atMost(
          readMsMax,
          read().catch(() => null),
        )
        for (const { name, gauge } of made) gauge.set(values?.[name] ?? Number.NaN)
      })
    },
    contentType: registry.contentType,
    async text() {
      await Promise.all(groups.map((ask) => ask()))
      return registry.metrics()
    },
  }
}
