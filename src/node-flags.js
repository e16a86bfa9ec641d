import { totalmem } from "node:os"

/**
 * How Node runs the server. Each collection of the old generation holds up everything for 10 to 20 ms, and its marking
 * takes a small machine's second core; while a young process grows they would come every few seconds. None before the
 * heap has a sixteenth of the memory, at most 512 MB.
 */
const heapMegabytes = Math.max(64, Math.min(512, Math.round(totalmem() / 16 / 2 ** 20)))
export const serverFlags = [`--initial-old-space-size=${heapMegabytes}`]
