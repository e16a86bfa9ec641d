import type { Blobs } from "../../blobs.ts"
import type { CarrierAccount, CarrierMedia, CarrierMessages } from "../../carriers/carrier.ts"
import { typeOf } from "../../core/attachments/type.ts"
import type { StoredFile } from "../../intake/inbound-event.ts"

const fileBytesMax = 26_214_400
const extensions: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/gif": "gif",
  "image/webp": "webp",
  "image/heic": "heic",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "audio/amr": "amr",
  "video/mp4": "mp4",
  "video/3gpp": "3gp",
  "application/pdf": "pdf",
  "text/plain": "txt",
  "text/vcard": "vcf",
  "text/x-vcard": "vcf",
}

export type FetchedMedia = {
  files: StoredFile[]
  /** Not there yet: to be tried again. */
  late: CarrierMedia[]
  /** Refused, gone or too large: never. */
  missing: number
}

/** Files of a message, each stored and synced, within `timeoutMs` for all of them. */
export async function fetchFiles(
  deps: { blobs: Blobs },
  media: readonly CarrierMedia[],
  from: { messages: CarrierMessages; account: CarrierAccount; timeoutMs: number },
): Promise<FetchedMedia> {
  const results = await Promise.all(media.map((one, index) => fetchFile(deps, one, index, from)))
  const fetched: FetchedMedia = { files: [], late: [], missing: 0 }
  results.forEach((result, index) => {
    const one = media[index]
    if (typeof result === "object") fetched.files.push(result)
    else if (result === "late" && one) fetched.late.push(one)
    else fetched.missing++
  })
  return fetched
}

async function fetchFile(
  deps: { blobs: Blobs },
  media: CarrierMedia,
  index: number,
  from: { messages: CarrierMessages; account: CarrierAccount; timeoutMs: number },
): Promise<StoredFile | "late" | "missing"> {
  const limits = { bytesMax: fileBytesMax, timeoutMs: from.timeoutMs }
  const got = await from.messages.fetchMedia(media, from.account, limits)
  // A file may stand at the company's address a moment later than its message.
  if (!got.ok) return got.kind === "unreachable" || got.code === "404" ? "late" : "missing"
  const declared = declaredType(got.value.type) ?? declaredType(media.type) ?? "application/octet-stream"
  const type = typeOf(declared, got.value.content)
  const stored = await deps.blobs.put(got.value.content, { limitBytes: fileBytesMax })
  return { ...stored, name: `media-${index + 1}.${extensions[type] ?? "bin"}`, type, inline: false }
}

function declaredType(text: string): string | null {
  const type = text.split(";")[0]?.trim().toLowerCase() ?? ""
  return /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,60}$/.test(type) && type !== "application/octet-stream"
    ? type
    : null
}
