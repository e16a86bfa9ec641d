const startSize = 4_096
/** Up to here a loop of ours is faster than the call into the runtime. */
const shortText = 32

/** Bytes that grow. Numbers are big-endian. */
export class Writer {
  #buffer: Buffer
  #length = 0

  constructor(size = startSize) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  get length(): number {
    return this.#length
  }

  slice(from: number, to: number): Buffer {
    return this.#buffer.subarray(from, to)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#buffer[this.#length++] = value >> 8
    this.#buffer[this.#length++] = value
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#put32(this.#length, value)
    this.#length += 4
  }

  /** Whole numbers up to 2^53; `times` may lead beyond, for microseconds after the year 2285. */
  int64(value: number, times = 1): void {
    const high = Math.floor(value / two32)
    const low = (value - high * two32) * times
    const carried = Math.floor(low / two32)
    this.int32(high * times + carried)
    this.int32(low - carried * two32)
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length)
    bytes.copy(this.#buffer, this.#length)
    this.#length += bytes.length
  }

  /** Of the usual 36 characters. */
  uuid(value: string): void {
    this.#reserve(16)
    const buffer = this.#buffer
    let at = this.#length
    let wrong = 0
    for (let n = 0; n < value.length; n += 2) {
      if (value.charCodeAt(n) === dash) n++
      const byte = ((nibbles[value.charCodeAt(n)] ?? noNibble) << 4) | (nibbles[value.charCodeAt(n + 1)] ?? noNibble)
      wrong |= byte
      buffer[at++] = byte
    }
    if (at !== this.#length + 16 || wrong > 0xff) throw new Error(`not a UUID: ${value}`)
    this.#length = at
  }

  utf8(value: string): void {
    this.#reserve(value.length * 3)
    const buffer = this.#buffer
    if (value.length <= shortText) {
      let at = this.#length
      for (let n = 0; n < value.length; n++) {
        const code = value.charCodeAt(n)
        if (code > 0x7f) {
          at = -1
          break
        }
        buffer[at++] = code
      }
      if (at >= 0) {
        this.#length = at
        return
      }
    }
    this.#length += buffer.write(value, this.#length, "utf8")
  }

  /** The length of what `write` writes, then that. */
  sized(write: () => void): void {
    const at = this.#length
    this.int32(0)
    write()
    this.#put32(at, this.#length - at - 4)
  }

  /** All of it as one message of the protocol: a byte and the length of what follows it. */
  framed(): Buffer {
    this.#put32(1, this.#length - 1)
    return this.#buffer.subarray(0, this.#length)
  }

  #put32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

const two32 = 0x1_0000_0000
const dash = 0x2d
/** More than a byte holds, in either half. */
const noNibble = 0x100
const nibbles = new Uint16Array(128).fill(noNibble)
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  nibbles[digit.charCodeAt(0)] = value
  nibbles[digit.toUpperCase().charCodeAt(0)] = value
}
