import type { ChannelName } from "../channels.ts"

/** Characters of text in one message, per channel. */
export const textLengthMax: { readonly [name in ChannelName]: number } = {
  voice: 0,
  voicemail: 0,
  sms: 1_600,
  email: 10_000,
  chat: 10_000,
  instagram: 1_000,
  facebook: 2_000,
  whatsapp: 4_096,
  twitter_dm: 10_000,
}

/** By which kind of address a customer is reached on a channel; null: such a channel sends nothing. */
export const addressKindOf = {
  voice: null,
  voicemail: null,
  sms: "phone",
  email: "email",
  chat: "visitor",
  instagram: "instagram",
  facebook: "facebook",
  whatsapp: "whatsapp",
  twitter_dm: "twitter_dm",
} as const satisfies { readonly [name in ChannelName]: string | null }

/** In Cc, and again in Bcc. */
export const recipientsMax = 50
export const attachmentsMax = 20
export const attachmentBytesMax = 25 * 1024 * 1024

/** `Re: ` once, whatever the subject has in front already. */
export function replySubject(subject: string): string {
  const bare = subject.replace(/^(\s*(re|aw|sv|antw)\s*(\[\d+\])?\s*:\s*)+/i, "").trim()
  return `Re: ${bare}`
}
