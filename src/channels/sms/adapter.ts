import type { Channel } from "../channel.ts"
import { lookUpSms, type OutboundDeps, sendSms } from "./outbound.ts"

/** SMS and MMS. The way in is inbound.ts, behind the carriers' hooks; which company carries a message is the number's affair. */
export function smsChannel(deps: OutboundDeps): Channel {
  return {
    name: "sms",
    send: (message) => sendSms(deps, message),
    lookup: (message) => lookUpSms(deps, message),
  }
}
