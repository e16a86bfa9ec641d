import { signedText, type TextTarget } from "../test/signed-text.ts"
import { formPost } from "./http-lane.ts"

let senders = 0

/** A text message of a new sender, ready for the wire. */
export function newText(target: TextTarget, text: string): { id: string; request: string } {
  const from = `+1212${String(2_000_000 + (senders++ % 7_999_999)).padStart(7, "0")}`
  const { id, path, body, signature } = signedText(target, { from, text })
  return { id, request: formPost(path, body, { "x-twilio-signature": signature }) }
}
