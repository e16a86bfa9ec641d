import type { Action } from "../core/permissions.ts"
import type { Principal } from "../identity/principal.ts"

/** What one must be allowed to see to be told of an event; `null` where nobody outside is. Asked at the moment of sending. */
export function actionToSee(type: string): Action | null {
  if (type.startsWith("internal.")) return null
  const noun = type.split(".")[0] ?? ""
  return actionOfNoun[noun] ?? "organization.read"
}

/** Drafts and the like are told to their author alone. */
const ownOnly = new Set(["draft", "notification"])

export function maySee(principal: Principal, event: { type: string; data: unknown }): boolean {
  const action = actionToSee(event.type)
  if (action === null || !principal.can(action)) return false
  if (!ownOnly.has(event.type.split(".")[0] ?? "")) return true
  const data = event.data as { userId?: unknown; agentId?: unknown } | null
  return principal.userId !== null && (data?.userId === principal.userId || data?.agentId === principal.userId)
}

const actionOfNoun: Readonly<Record<string, Action>> = {
  contact: "conversation.read",
  conversation: "conversation.read",
  conversation_status: "conversation.read",
  conversation_assignee: "conversation.read",
  conversation_inbox: "conversation.read",
  conversation_topics: "conversation.read",
  conversation_due: "conversation.read",
  message: "conversation.read",
  note: "conversation.read",
  draft: "conversation.work",
  call: "conversation.read",
  voicemail: "conversation.read",
  customer: "customer.read",
  customer_address: "customer.read",
  opt_out: "customer.read",
  task: "task.work",
  rule: "rule.read",
  entry_point: "entryPoint.read",
  channel_routing: "entryPoint.read",
  channel: "entryPoint.read",
  chat_app: "entryPoint.read",
  mailbox: "mailbox.read",
  workflow_settings: "workflow.read",
  phone_number: "phoneNumber.read",
  number_order: "phoneNumber.read",
  carrier_account: "carrierAccount.edit",
  voice_setup: "voiceSetup.use",
  registration: "registration.read",
  verification: "registration.read",
  support_request: "supportRequest.read",
  inbound_event: "inboundEvent.read",
  api_key: "apiKey.edit",
  webhook: "webhook.edit",
  user: "user.read",
  inbox: "inbox.read",
  inbox_member: "inbox.read",
  invariant: "inboundEvent.read",
}
