import type { ChannelName } from "../core/channels.ts"
import type { Role } from "../core/permissions.ts"

/**
 * The company of the documents' own examples: the table of Channels, Entry Points and Inboxes, and the figure of Inboxes
 * A to D, as far as mail, chat and text messages go.
 */

export const organization = { name: "Retale", timeZone: "America/New_York", country: "US" }

export const inboxes = [
  { name: "General Support", slaMinutesText: "1440" },
  { name: "Returns", slaMinutesText: "480" },
  { name: "Billing", slaMinutesText: "60" },
  { name: "VIP Customers", slaMinutesText: "15" },
  { name: "Chat Support", slaMinutesText: "2" },
  { name: "Inbox A", slaMinutesText: "30" },
  { name: "Inbox B", slaMinutesText: "240" },
  { name: "Inbox C", slaMinutesText: "240" },
  // In the figure it takes social messages only: nothing leads there yet.
  { name: "Inbox D", slaMinutesText: "240" },
] as const

export type InboxName = (typeof inboxes)[number]["name"]

export type PersonName = "Jordan" | "Ana" | "Ben" | "Priya" | "Mei"

export const people: readonly {
  name: PersonName
  fullName: string
  email: string
  roles: readonly Role[]
  inboxes: readonly InboxName[]
}[] = [
  {
    name: "Jordan",
    fullName: "Jordan Reyes",
    email: "jordan@retale.com",
    roles: ["administrator", "operator", "agent"],
    inboxes: ["General Support"],
  },
  {
    name: "Ana",
    fullName: "Ana Ortiz",
    email: "ana@retale.com",
    roles: ["agent"],
    inboxes: ["General Support", "Chat Support", "VIP Customers", "Inbox A"],
  },
  {
    name: "Ben",
    fullName: "Ben Carter",
    email: "ben@retale.com",
    roles: ["agent"],
    inboxes: ["General Support", "Returns", "Billing", "Inbox C"],
  },
  {
    name: "Priya",
    fullName: "Priya Nair",
    email: "priya@retale.com",
    roles: ["agent"],
    inboxes: ["Returns", "Chat Support", "Inbox A", "Inbox B"],
  },
  { name: "Mei", fullName: "Mei Tanaka", email: "mei@retale.com", roles: ["team_manager"], inboxes: [] },
]

type EntryPointChannel = Extract<ChannelName, "email" | "chat" | "sms">

/** In the order in which they are added. `inbox` where it is not the channel's default. */
export const entryPoints: readonly {
  channel: EntryPointChannel
  address: string
  inbox?: InboxName
  slaMinutesText?: string
}[] = [
  { channel: "email", address: "support@retale.com" },
  { channel: "email", address: "billing@retale.com", inbox: "Billing" },
  { channel: "email", address: "returns@retale.com", inbox: "Returns", slaMinutesText: "240" },
  { channel: "email", address: "feedback@retale.com" },
  // The figure's e-mail addresses 1 and 2.
  { channel: "email", address: "email1@retale.com", inbox: "Inbox C" },
  { channel: "email", address: "email2@retale.com", inbox: "Inbox B" },
  { channel: "chat", address: "retale.com-shopping-cart" },
  { channel: "chat", address: "retale.com-help", inbox: "Inbox A" },
  // The table's two numbers, and one for the figure's "SMS #".
  { channel: "sms", address: "+14155559812" },
  { channel: "sms", address: "+14155551243", inbox: "VIP Customers", slaMinutesText: "5" },
  { channel: "sms", address: "+14155559900", inbox: "Inbox C" },
]

export const sections: readonly { section: EntryPointChannel; inbox: InboxName; slaMinutesText: string | null }[] = [
  { section: "email", inbox: "General Support", slaMinutesText: null },
  { section: "chat", inbox: "Chat Support", slaMinutesText: "0.66" },
  { section: "sms", inbox: "General Support", slaMinutesText: "30" },
]

export const topics = ["Return", "Delivery", "Invoice", "Product question", "Complaint", "Praise"] as const
export type TopicName = (typeof topics)[number]

export const chatApps: Record<string, object> = {
  "retale.com-shopping-cart": {
    greeting: "Hello! Questions about your basket? We are here.",
    appearance: { button: "text", text: "Need help?", color: "#0B7A75", position: "bottom_right", logoId: null },
    questions: { name: "optional", email: "optional" },
    afterHoursText: "We are back tomorrow at 9. Leave your e-mail address and we will write to you.",
  },
  "retale.com-help": {
    greeting: "Hi, how can we help?",
    questions: { name: "optional", email: "optional" },
    afterHoursText: "We will answer by e-mail.",
  },
}
