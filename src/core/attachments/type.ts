/** Which type a file is given out as: by its first bytes, never by what somebody says of it (reliability 38). */

const signatures: readonly { type: string; bytes: readonly (number | null)[] }[] = [
  { type: "image/png", bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { type: "image/jpeg", bytes: [0xff, 0xd8, 0xff] },
  { type: "image/gif", bytes: [0x47, 0x49, 0x46, 0x38, null, 0x61] },
  { type: "image/webp", bytes: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50] },
  { type: "application/pdf", bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
]

const images = ["image/png", "image/jpeg", "image/gif", "image/webp"]

export function sniffType(head: Uint8Array): string | null {
  const found = signatures.find(({ bytes }) => bytes.every((byte, index) => byte === null || head[index] === byte))
  return found?.type ?? null
}

/**
 * The type that is stored: the sniffed one; else what was declared, unless it claims to be something that we can tell
 * by its bytes and that it is not.
 */
export function typeOf(declared: string, head: Uint8Array): string {
  const sniffed = sniffType(head)
  if (sniffed) return sniffed
  const essence = declared.split(";")[0]?.trim().toLowerCase() ?? ""
  const wellFormed = /^[a-z0-9][\w.+-]{0,60}\/[a-z0-9][\w.+-]{0,80}$/.test(essence)
  const lies = signatures.some(({ type }) => type === essence)
  return wellFormed && !lies ? essence : "application/octet-stream"
}

/** Shown by the browser itself; everything else is only ever offered for saving. */
export function isSafeImage(type: string): boolean {
  return images.includes(type)
}

/** For a carrier, which sends it on by its type: pictures, sound and plain texts; of the rest it is told no more than a browser. */
export function sentType(type: string): string {
  const harmless = /^(image\/(?!svg)|audio\/|video\/|text\/(plain|csv|calendar|vcard|x-vcard)$)/.test(type)
  return harmless ? type : servedType(type)
}

/** What a download says: nothing that a browser would run. */
export function servedType(type: string): string {
  return isSafeImage(type) || type === "application/pdf" ? type : "application/octet-stream"
}
