import { randomBytes } from "node:crypto"
import { signForm } from "../src/carriers/twilio/signature.ts"

/** A number of ours on a carrier account, as somebody who posts signed messages to it needs it. */
export type TextTarget = { publicUrl: string; accountId: string; accountSid: string; authToken: string; e164: string }

export type SignedText = { id: string; path: string; body: string; signature: string }

/** A text message as the company posts it. The same `id` is the same message again. */
export function signedText(
  { publicUrl, accountId, accountSid, authToken, e164 }: TextTarget,
  { from, text, id = newTextId() }: { from: string; text: string; id?: string },
): SignedText {
  const params = {
    AccountSid: accountSid,
    Body: text,
    From: from,
    MessageSid: id,
    NumMedia: "0",
    NumSegments: "1",
    SmsMessageSid: id,
    SmsSid: id,
    To: e164,
  }
  const path = `/hooks/twilio/${accountId}/messages`
  const body = new URLSearchParams(params).toString()
  return { id, path, body, signature: signForm(publicUrl + path, params, authToken) }
}

export function newTextId(): string {
  return `SM${randomBytes(16).toString("hex")}`
}

/** Posts it; answers the status, or null where the server is not there. */
export async function postText(url: string, { path, body, signature }: SignedText): Promise<number | null> {
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature }
  const answer = await fetch(url + path, { method: "POST", headers, body }).catch(() => null)
  await answer?.arrayBuffer().catch(() => null)
  return answer?.status ?? null
}
