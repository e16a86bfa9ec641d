import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import type { ReplyRefusal } from "../../../../src/core/conversations/reply-option.ts"

/** Why a channel cannot reach this customer now; the server adds what would lift it. */
export const refusalTexts: Record<ReplyRefusal, MessageDescriptor> = {
  opted_out: msg`The customer sent STOP. Texts are blocked until START is sent.`,
  window_closed: msg`The time in which one may answer freely is over.`,
  not_registered: msg`This number is not registered for texts yet.`,
  cap_reached: msg`Today's limit of texts from this number is reached.`,
  no_address: msg`No address for this channel is known.`,
  channel_not_in_use: msg`The customer has not written through this channel.`,
  attachment_unsupported: msg`This channel takes no files.`,
  deactivated_on_request: msg`Texts from this number were switched off.`,
}
