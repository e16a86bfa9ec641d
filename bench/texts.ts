import { randomBytes } from "node:crypto"
import { signForm } from "../src/carriers/twilio/signature.ts"
import { formPost } from "./http-lane.ts"

/** A number of ours on a carrier account, as somebody who posts signed messages to it needs it. */
export type TextTarget = { publicUrl: string; accountId: string; accountSid: string; authToken: string; e164: string }

let senders = 0

/** A text message of a new sender, signed as the company signs it, ready for the wire. */
export function signedText({ publicUrl, accountId, accountSid, authToken, e164 }: TextTarget, text: string): { id: string; request: string } {
  const id = `SM${randomBytes(16).toString("hex")}`
  const from = `+1212${String(2_000_000 + (senders++ % 7_999_999)).padStart(7, "0")}`
  const params = { AccountSid: accountSid, Body: text, From: from, MessageSid: id, NumMedia: "0", NumSegments: "1", SmsMessageSid: id, SmsSid: id, To: e164 }
  const path = `/hooks/twilio/${accountId}/messages`
  const signature = signForm(publicUrl + path, params, authToken)
  return { id, request: formPost(path, new URLSearchParams(params).toString(), { "x-twilio-signature": signature }) }
}
