/** How a text travels as SMS: in which alphabet and in how many parts (3GPP TS 23.038, 23.040). Carriers bill by part. */

export type SmsSegments = {
  encoding: "gsm7" | "ucs2"
  /** Septets, or UTF-16 code units. */
  units: number
  /** 0 for an empty text. */
  segments: number
  /** Units that each segment holds at this length: less than one whole when there are several, for the header. */
  perSegment: number
  /** Units left in the last segment. */
  remaining: number
}

/** Units of a text that travels alone, and of each part of a longer one. */
const capacity = { gsm7: { alone: 160, part: 153 }, ucs2: { alone: 70, part: 67 } } as const

// 3GPP TS 23.038 6.2.1; ESC (0x1B) itself is not typed.
const gsm7Basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
// 3GPP TS 23.038 6.2.1.1: each takes two septets.
const gsm7Extension = new Set("\f^{}\\[~]|€")

export function segmentsOf(text: string): SmsSegments {
  const characters = [...text]
  const isGsm7 = characters.every((character) => gsm7Basic.has(character) || gsm7Extension.has(character))
  const encoding = isGsm7 ? "gsm7" : "ucs2"
  const sizes = characters.map((character) => (isGsm7 ? (gsm7Extension.has(character) ? 2 : 1) : character.length))
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const { alone, part } = capacity[encoding]
  if (units <= alone) {
    return { encoding, units, segments: units === 0 ? 0 : 1, perSegment: alone, remaining: alone - units }
  }
  const { segments, used } = split(sizes, part)
  return { encoding, units, segments, perSegment: part, remaining: part - used }
}

/** A character of two units is never torn apart: it begins the next part, and a unit of the former stays empty. */
function split(sizes: readonly number[], part: number): { segments: number; used: number } {
  let segments = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > part) {
      segments += 1
      used = 0
    }
    used += size
  }
  return { segments, used }
}
