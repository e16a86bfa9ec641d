import { createHmac, timingSafeEqual } from "node:crypto"
import type { Keys } from "../../keys.ts"

/** Signs the addresses by which one visitor's page loads the files of its messages (reliability 40). */
export interface VisitorFileLinks {
  urlOf(file: VisitorFile): string
  accepts(file: VisitorFile, expires: number, signature: string): boolean
}

export type VisitorFile = { appId: string; visitorId: string; fileId: string }

/** A page may stand open for a day; a later one asks for its items anew. */
const linkSeconds = 86_400

/** `realNow` is the true clock: links are tokens, which no test clock moves. */
export function visitorFileLinks({
  keys,
  publicUrl,
  realNow,
}: {
  keys: Keys
  publicUrl: string
  realNow: () => Date
}): VisitorFileLinks {
  const key = keys.derive("visitor file links")
  const sign = ({ appId, visitorId, fileId }: VisitorFile, expires: number) =>
    createHmac("sha256", key).update([appId, visitorId, fileId, expires].join("\n")).digest()
  const nowSeconds = () => Math.floor(realNow().getTime() / 1000)
  return {
    urlOf(file) {
      const expires = nowSeconds() + linkSeconds
      const signature = sign(file, expires).toString("base64url")
      return `${publicUrl}/widget/apps/${file.appId}/attachments/${file.fileId}?visitor=${file.visitorId}&expires=${expires}&signature=${signature}`
    },
    accepts(file, expires, signature) {
      const given = Buffer.from(signature, "base64url")
      const expected = sign(file, expires)
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
