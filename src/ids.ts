import { createHash, randomBytes, randomFillSync, randomInt } from "node:crypto"

/** The only door to identity and chance. */

let nowMs: () => number = Date.now
let lastMs = 0
let sequence = 0
/** Randomness for many ids at once: asking the system for each takes longer than all the rest. */
const pool = Buffer.alloc(4_096)
let poolUsed = pool.length

/**
 * By whose time ids are made from now on: all processes of a database go by its time, since what is newest, and what was
 * seen, is judged by ids (reliability 14). Until then by this machine's.
 */
export function makeIdsBy(time: () => number): void {
  nowMs = time
}

/**
 * A UUID of version 7 (RFC 9562 5.7): 48 bits of milliseconds, then 12 bits that count up within one millisecond,
 * so that ids made by one process sort in the order in which they were made, then 62 random bits.
 */
export function newId(): string {
  const ms = Math.floor(nowMs())
  if (ms > lastMs) {
    lastMs = ms
    sequence = randomInt(0, 0x800)
  } else {
    sequence++
    if (sequence > 0xfff) {
      lastMs++
      sequence = 0
    }
  }
  const time = lastMs.toString(16).padStart(12, "0")
  if (poolUsed === pool.length) {
    randomFillSync(pool)
    poolUsed = 0
  }
  pool[poolUsed] = ((pool[poolUsed] ?? 0) & 0x3f) | 0x80
  const hex = `${time}7${sequence.toString(16).padStart(3, "0")}${pool.toString("hex", poolUsed, poolUsed + 8)}`
  poolUsed += 8
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The least id of so long ago: what was made since has a greater one. */
export function idOfSecondsAgo(seconds: number): string {
  const time = Math.floor(nowMs() - seconds * 1000)
    .toString(16)
    .padStart(12, "0")
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

/** A secret for links, tokens and keys: `bytes` random bytes in base64url. */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString("base64url")
}

/** `length` random lower-case letters and digits, for names that people copy. */
export function newCode(length: number): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
  let code = ""
  for (let i = 0; i < length; i++) code += alphabet[randomInt(alphabet.length)]
  return code
}

/** A number in [0, 1), for jitter. */
export function chance(): number {
  return randomInt(0, 2 ** 32) / 2 ** 32
}

/** How secrets are stored: their SHA-256 in hexadecimal. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}
