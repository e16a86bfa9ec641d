import { createHmac, timingSafeEqual } from "node:crypto"
import type { Keys } from "../keys.ts"

/** Signs the paths by which files are read: for one reader, for 300 s (reliability 40). */
export interface AttachmentLinks {
  /** A path under our own origin. `readerId` is whoever it is shown to. */
  urlOf(attachmentId: string, reader: { orgId: string; id: string }): string
  /** True for the reader that it was made for, until it expires. */
  accepts(attachmentId: string, reader: { orgId: string; id: string }, expires: number, signature: string): boolean
}

export const linkSeconds = 300

/** `realNow` is the true clock: links are tokens, which no test clock moves. */
export function attachmentLinks(keys: Keys, realNow: () => Date): AttachmentLinks {
  const key = keys.derive("attachment links")
  const sign = (attachmentId: string, reader: { orgId: string; id: string }, expires: number) =>
    createHmac("sha256", key).update([reader.orgId, reader.id, attachmentId, expires].join("\n")).digest()
  const nowSeconds = () => Math.floor(realNow().getTime() / 1000)
  return {
    urlOf(attachmentId, reader) {
      const expires = nowSeconds() + linkSeconds
      const signature = sign(attachmentId, reader, expires).toString("base64url")
      return `/api/attachments/${attachmentId}/content?expires=${expires}&signature=${signature}`
    },
    accepts(attachmentId, reader, expires, signature) {
      const given = Buffer.from(signature, "base64url")
      const expected = sign(attachmentId, reader, expires)
      const now = nowSeconds()
      return (
        given.length === expected.length &&
        timingSafeEqual(given, expected) &&
        expires >= now &&
        expires <= now + linkSeconds
      )
    },
  }
}
