import { FastEngine } from "./engine.ts"
import type { Engine, RoutingConfig } from "./facts.ts"
import { PlainEngine } from "./plain-engine.ts"

/** `fast` is for use; `plain` looks at everything for each decision and is what `fast` is compared with. */
export function createEngine(kind: "plain" | "fast", config: RoutingConfig): Engine {
  return kind === "fast" ? new FastEngine(config) : new PlainEngine(config)
}
