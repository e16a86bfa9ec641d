import { createHmac, timingSafeEqual } from "node:crypto"
import type { Clock } from "../../clock.ts"
import type { Keys } from "../../keys.ts"
import type { OutboundFile } from "../channel.ts"

/** Addresses under which a carrier fetches the files of one message for a while: it cannot sign in. */
export interface FileLinks {
  urlOf(account: { orgId: string; id: string }, file: Pick<OutboundFile, "id" | "name">): string
  /** True for what `urlOf` made, until it expires. */
  accepts(link: FileLink): boolean
}

export type FileLink = { accountId: string; fileId: string; expires: number; signature: string }

const linkSeconds = 3_600

export function fileLinks(deps: { keys: Keys; clock: Clock; publicUrl: string }): FileLinks {
  const key = deps.keys.derive("files for carriers")
  const sign = (link: Omit<FileLink, "signature">) =>
    createHmac("sha256", key).update(`${link.accountId}\n${link.fileId}\n${link.expires}`).digest()
  const nowSeconds = () => Math.floor(deps.clock.real().getTime() / 1000)
  return {
    urlOf(account, file) {
      const expires = nowSeconds() + linkSeconds
      const signature = sign({ accountId: account.id, fileId: file.id, expires }).toString("base64url")
      const name = encodeURIComponent(file.name.replace(/[^\w. -]/g, "_"))
      return `${deps.publicUrl}/hooks/twilio/${account.id}/files/${file.id}/${name}?expires=${expires}&signature=${signature}`
    },
    accepts(link) {
      const given = Buffer.from(link.signature, "base64url")
      const expected = sign(link)
      return (
        given.length === expected.length &&
        timingSafeEqual(given, expected) &&
        link.expires >= nowSeconds() &&
        link.expires <= nowSeconds() + linkSeconds
      )
    },
  }
}
