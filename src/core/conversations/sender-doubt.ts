import type { Message } from "./message.ts"

const methods = ["spf", "dkim", "dmarc"] as const

/** What a reader must know of who sent a mail: `forged` and `failed` with what failed, `unproven` where nothing says so or otherwise. */
export type SenderDoubt = { kind: "forged" | "failed"; failed: string } | { kind: "unproven" } | null

/** How far an inbound mail is to be believed that it is from whom it says (reliability 31). */
export function senderDoubt({ authentication, test }: Pick<Message, "authentication" | "test">): SenderDoubt {
  // Forwarding breaks SPF, and mailing lists DKIM; where DMARC holds, the other one bore the sender out.
  if (!authentication || authentication.dmarc === "pass") return null
  const names = methods.filter((each) => authentication[each] === "fail")
  const failed = names.map((each) => each.toUpperCase()).join(", ")
  if (names.includes("dmarc") || names.length > 1) return { kind: "forged", failed }
  if (names.length > 0) return { kind: "failed", failed }
  // Nobody asks the DNS about a mail that is played. Of a real one that got no answer nothing is proved either: whoever
  // can make the check take too long must not get around it.
  const unproven = authentication.sender === "none" || (authentication.sender === "error" && !test)
  return unproven ? { kind: "unproven" } : null
}
