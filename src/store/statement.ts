import type { Params } from "./params.ts"

/**
 * A compiled statement; its rows are answered with names in camelCase, unless it is `quiet` and has none. `binary`: in the
 * place of `parameters`.
 */
export type Statement = { sql: string; parameters: readonly unknown[]; binary?: Params; quiet?: boolean }
