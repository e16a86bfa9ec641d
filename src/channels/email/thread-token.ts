import { createHmac, timingSafeEqual } from "node:crypto"
import type { Keys } from "../../keys.ts"

/**
 * What ties a reply to its conversation: ids with an HMAC of 128 bits over them and the organization, in our Message-ID
 * and in the reply address. Nothing in it can be guessed or counted up (reliability 32), and one organization's token
 * says nothing to another.
 */
export interface ThreadTokens {
  /** Without brackets; the same for each try of one message. */
  messageId(thread: { orgId: string; conversationId: string; messageId: string }): string
  /** The `<token>` of `in-…+<token>@`: 43 characters. */
  replyToken(thread: { orgId: string; conversationId: string }): string
  /** What one of our Message-IDs names; null for anybody else's, and for another organization's. */
  readMessageId(orgId: string, messageId: string): { conversationId: string; messageId: string } | null
  readReplyToken(orgId: string, token: string): { conversationId: string } | null
  /** Marks our probes of one mailbox. */
  probeToken(probe: { orgId: string; mailboxId: string; probeId: string }): string
  /** The probe's id where the token is that mailbox's. */
  readProbeToken(orgId: string, mailboxId: string, token: string): string | null
}

const tagBytes = 16
const idBytes = 16

export function threadTokens(keys: Keys, mailDomain: () => string): ThreadTokens {
  const key = keys.derive("mail thread token")
  const tag = (purpose: string, ...ids: string[]) =>
    createHmac("sha256", key)
      .update([purpose, ...ids].join("\n"))
      .digest()
      .subarray(0, tagBytes)
  return {
    messageId: ({ orgId, conversationId, messageId }) => {
      const proof = tag("message", orgId, conversationId, messageId).toString("hex")
      return `sb.${hexOf(conversationId)}.${hexOf(messageId)}.${proof}@${mailDomain()}`
    },
    replyToken: ({ orgId, conversationId }) =>
      Buffer.concat([Buffer.from(hexOf(conversationId), "hex"), tag("reply", orgId, conversationId)]).toString(
        "base64url",
      ),
    readMessageId(orgId, given) {
      // The domain is not looked at: MAIL_DOMAIN may have changed since, the proof has not.
      const [, conversation, message, proof] = /^sb\.([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-f]{32})@/i.exec(given) ?? []
      if (!conversation || !message || !proof) return null
      const conversationId = uuidOf(conversation)
      const messageId = uuidOf(message)
      return same(tag("message", orgId, conversationId, messageId), Buffer.from(proof, "hex"))
        ? { conversationId, messageId }
        : null
    },
    readReplyToken(orgId, token) {
      const bytes = Buffer.from(/^[\w-]{43}$/.test(token) ? token : "", "base64url")
      if (bytes.length !== idBytes + tagBytes) return null
      const conversationId = uuidOf(bytes.toString("hex", 0, idBytes))
      return same(tag("reply", orgId, conversationId), bytes.subarray(idBytes)) ? { conversationId } : null
    },
    probeToken: ({ orgId, mailboxId, probeId }) =>
      `${hexOf(probeId)}.${tag("probe", orgId, mailboxId, probeId).toString("hex")}`,
    readProbeToken(orgId, mailboxId, token) {
      const [, probe, proof] = /^([0-9a-f]{32})\.([0-9a-f]{32})$/.exec(token.trim()) ?? []
      if (!probe || !proof) return null
      const probeId = uuidOf(probe)
      return same(tag("probe", orgId, mailboxId, probeId), Buffer.from(proof, "hex")) ? probeId : null
    },
  }
}

function same(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function hexOf(uuid: string): string {
  return uuid.replaceAll("-", "")
}

function uuidOf(hex: string): string {
  const text = hex.toLowerCase()
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}
