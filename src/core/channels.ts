/** The channels that exist, as data: a new one is one line here, one folder under src/channels and one line in main.ts. */

export const channelNames = [
  "voice",
  "sms",
  "email",
  "chat",
  "instagram",
  "facebook",
  "whatsapp",
  "twitter_dm",
  "voicemail",
] as const
export type ChannelName = (typeof channelNames)[number]

/** What an agent switches on and off together (spec 5). */
export const channelGroups = ["voice", "messaging", "mail"] as const
export type ChannelGroup = (typeof channelGroups)[number]

export type EntryPointKind = "phone" | "exit_node" | "email" | "chat_app" | "social_account"

/** A section of the Entry Points page: a channel, or the exit nodes of IVRs. In the order of the API's list. */
export const sections = [
  "email",
  "voice",
  "ivr",
  "sms",
  "chat",
  "facebook",
  "instagram",
  "whatsapp",
  "twitter_dm",
] as const
export type Section = (typeof sections)[number]

export type ChannelFact = {
  label: string
  group: ChannelGroup
  /** null: no entry point of its own (spec 1, voicemail). */
  entryPointKind: EntryPointKind | null
  /** In use only after an administrator has switched the channel on (S4). */
  optional: boolean
}

export const channels: { readonly [name in ChannelName]: ChannelFact } = {
  voice: { label: "Voice", group: "voice", entryPointKind: "phone", optional: false },
  sms: { label: "SMS", group: "messaging", entryPointKind: "phone", optional: false },
  email: { label: "Email", group: "mail", entryPointKind: "email", optional: false },
  chat: { label: "Chat", group: "messaging", entryPointKind: "chat_app", optional: false },
  instagram: { label: "Instagram", group: "messaging", entryPointKind: "social_account", optional: false },
  facebook: { label: "Facebook Messenger", group: "messaging", entryPointKind: "social_account", optional: false },
  whatsapp: { label: "WhatsApp", group: "messaging", entryPointKind: "social_account", optional: false },
  twitter_dm: { label: "X", group: "messaging", entryPointKind: "social_account", optional: true },
  voicemail: { label: "Voicemail", group: "mail", entryPointKind: null, optional: false },
}

/** 0 is served first (spec 6.2: Voice > Messaging > Mail). */
export const tierOfGroup: { readonly [group in ChannelGroup]: 0 | 1 | 2 } = { voice: 0, messaging: 1, mail: 2 }

export function groupOf(channel: ChannelName): ChannelGroup {
  return channels[channel].group
}

export function sectionLabel(section: Section): string {
  return section === "ivr" ? "IVR" : channels[section].label
}

export function channelOfSection(section: Section): ChannelName {
  return section === "ivr" ? "voice" : section
}

/** The section in which an entry point is routed: exit nodes have their own (spec 2.5). Null: such a channel has none. */
export function sectionOf(channel: ChannelName, kind: EntryPointKind): Section | null {
  if (kind === "exit_node") return "ivr"
  return channel === "voicemail" ? null : channel
}
