import { createTransport } from "nodemailer"
import { newOffice, type Office } from "../office.ts"
import { switchboard } from "../pages.ts"

/** A small company at work: three Inboxes, two mail addresses, a chat app, one number for texts. */
export type Desk = Office & {
  inboxes: Record<"general" | "billing" | "returns", string>
  entryPoints: Record<"support" | "billing" | "chat" | "sms", string>
  /** The number that customers write texts to. */
  number: string
}

type Thing = { id: string; entryPointId: string; e164: string }
type List<T> = { items: T[] }
type Owned = { e164: string; capabilities: { sms: boolean; mms: boolean } }
type Section = { version: number; exceptions: unknown[] }

export async function newDesk(): Promise<Desk> {
  const office = await newOffice()
  const { api, userId, domain } = office
  const inbox = async (name: string, slaMinutesText: string) =>
    (await api<Thing>("POST", "/inboxes", { name, slaMinutesText, agentIds: [userId] })).id
  const inboxes = {
    general: await inbox("General Support", "1440"),
    billing: await inbox("Billing", "60"),
    returns: await inbox("Returns", "5"),
  }
  const mailbox = async (name: string) =>
    (await api<Thing>("POST", "/mailboxes", { address: `${name}@${domain}`, senderName: "Retale" })).entryPointId
  const support = await mailbox("support")
  const billing = await mailbox("billing")
  const route = async (section: string, defaultInboxId: string, exceptions: object[] = []) => {
    const { version } = await api<Section>("GET", `/channel-routings/${section}`)
    await api(
      "PUT",
      `/channel-routings/${section}`,
      { defaultInboxId, defaultSlaMinutesText: null, exceptions },
      version,
    )
  }
  await route("email", inboxes.general, [{ entryPointId: billing, inboxId: inboxes.billing, slaMinutesText: "40" }])
  await route("sms", inboxes.returns)
  await route("chat", inboxes.general)
  const chat = (await api<Thing>("POST", "/chat-apps", { name: "retale.com-shopping-cart" })).entryPointId
  const account = (await api<List<Thing>>("GET", "/carrier-accounts")).items[0]
  const owned = (await api<List<Owned>>("GET", `/carrier-accounts/${account?.id}/numbers`)).items.find(
    ({ capabilities }) => capabilities.sms && capabilities.mms,
  )
  const number = await api<Thing>("POST", "/phone-numbers", { carrierAccountId: account?.id, e164: owned?.e164 })
  const sms = await api<Thing>("PUT", `/phone-numbers/${number.id}/sms-activation`, {})
  for (const name of ["Exchange", "Refund"]) await api("POST", "/topics", { name })
  return { ...office, inboxes, entryPoints: { support, billing, chat, sms: sms.id }, number: number.e164 }
}

/** A real mail over our own SMTP listener. */
export async function sendMail(mail: {
  from: string
  to: string
  subject: string
  text: string
  html?: string
}): Promise<void> {
  const transport = createTransport({ host: "127.0.0.1", port: switchboard().smtpPort, ignoreTLS: true })
  await transport.sendMail(mail)
  transport.close()
}

export type Injected = { conversationId: string; messageId: string }

/** Plays a customer through the sandbox. */
export function playCustomer(desk: Desk, message: Record<string, unknown>): Promise<Injected> {
  return desk.api<Injected>("POST", "/sandbox/messages", message)
}

export type Delivered = { id: string; to: string; text: string; subject: string | null }

/** What the customer's side has got, waited for. */
export async function delivered(desk: Desk, address: string): Promise<Delivered[]> {
  return (await desk.api<List<Delivered>>("GET", `/sandbox/deliveries?wait=20&address=${encodeURIComponent(address)}`))
    .items
}
