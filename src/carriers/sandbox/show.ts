import type { SandboxMessage, SandboxNumber } from "./books.ts"
import { capabilitiesOf } from "./catalogue.ts"
import type { SandboxAccount } from "./account.ts"

/** The company's answers, field by field as its own client reads them. */

export function showAccount(account: SandboxAccount): object {
  return {
    sid: account.accountSid,
    friendly_name: account.name,
    status: "active",
    type: "Full",
    owner_account_sid: account.accountSid,
    uri: `/2010-04-01/Accounts/${account.accountSid}.json`,
  }
}

export function showNumber(account: SandboxAccount, number: SandboxNumber): object {
  return {
    sid: number.sid,
    account_sid: account.accountSid,
    phone_number: number.e164,
    friendly_name: number.e164,
    capabilities: { ...capabilitiesOf(account.accountSid, number.e164), fax: false },
    sms_url: number.smsUrl,
    sms_method: "POST",
    sms_fallback_url: number.smsFallbackUrl,
    sms_fallback_method: "POST",
    voice_url: number.voiceUrl,
    voice_method: "POST",
    voice_fallback_url: number.voiceFallbackUrl,
    voice_fallback_method: "POST",
    status_callback: number.statusCallback,
    status_callback_method: "POST",
    date_created: rfc2822(number.createdAt),
    date_updated: rfc2822(number.createdAt),
    address_requirements: "none",
    beta: false,
    origin: "twilio",
    status: "in-use",
    api_version: "2010-04-01",
    uri: `/2010-04-01/Accounts/${account.accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
  }
}

export function showMessage(message: SandboxMessage): object {
  const uri = `/2010-04-01/Accounts/${message.accountSid}/Messages/${encodeURIComponent(message.sid)}`
  return {
    sid: message.sid,
    account_sid: message.accountSid,
    messaging_service_sid: null,
    direction: message.direction,
    from: message.sender,
    to: message.recipient,
    body: message.body,
    num_media: String(message.media.length),
    num_segments: "1",
    status: message.status,
    error_code: message.errorCode,
    error_message: null,
    price: null,
    price_unit: "USD",
    api_version: "2010-04-01",
    date_created: rfc2822(message.createdAt),
    date_sent: message.status === "queued" ? null : rfc2822(message.createdAt),
    date_updated: rfc2822(message.createdAt),
    uri: `${uri}.json`,
    subresource_uris: { media: `${uri}/Media.json`, feedback: `${uri}/Feedback.json` },
  }
}

export function showMedia(
  account: SandboxAccount,
  message: SandboxMessage,
  media: SandboxMessage["media"][number],
  base: string,
): object {
  return {
    sid: media.sid,
    account_sid: account.accountSid,
    parent_sid: message.sid,
    content_type: media.type,
    date_created: rfc2822(message.createdAt),
    date_updated: rfc2822(message.createdAt),
    uri: `${base}/${media.sid}.json`,
  }
}

export function pageOf(
  base: string,
  query: URLSearchParams,
  at: { page: number; limit: number; more: boolean },
): object {
  const link = (page: number) => {
    const next = new URLSearchParams(query)
    next.set("PageSize", String(at.limit))
    next.set("Page", String(page))
    return `${base}?${next}`
  }
  return {
    page: at.page,
    page_size: at.limit,
    start: at.page * at.limit,
    end: at.page * at.limit,
    uri: link(at.page),
    first_page_uri: link(0),
    next_page_uri: at.more ? link(at.page + 1) : null,
    previous_page_uri: at.page > 0 ? link(at.page - 1) : null,
  }
}

/** RFC 2822 as the company writes it: `Sat, 21 Nov 2026 10:41:07 +0000`. */
function rfc2822(at: Date): string {
  return at.toUTCString().replace("GMT", "+0000")
}
