/**
 * Every domain event that leaves the program (api.md 5): by `GET /events`, the agent's socket and webhooks alike.
 * docs/events.md is generated from this list. `internal.*` never leaves.
 */
export type DomainEvent = { when: string; data: Record<string, unknown> }

const id = "0199a7c4-5d3e-7b1a-9c55-3f2b8e6d4a10"
const at = "2026-11-21T10:46:07.120Z"
const conversation = { conversationId: id, customerId: id, inboxId: id }
const contact = { contactId: id, ...conversation }
const changed = { before: null, after: {} }
const resolution = { inboxId: id, inboxName: "VIP", inboxSource: "exception", slaSeconds: 40, slaSource: "exception" }
const entryPoint = {
  id,
  channel: "chat",
  section: "chat",
  kind: "chat_app",
  address: "platinum",
  displayName: "platinum",
  status: "active",
  chatAppId: id,
  resolution,
  warnings: [],
}

export const domainEvents = {
  "contact.started": {
    when: "An inbound or outbound contact begins.",
    data: {
      ...contact,
      channel: "chat",
      entryPoint: { id, kind: "chat_app", address: "platinum" },
      slaSeconds: 40,
      slaSource: "exception",
      dueAt: at,
      finalIvrSelection: null,
      agentId: null,
      test: true,
    },
  },
  "contact.queued": {
    when: "It waits in an Inbox.",
    data: { ...contact, queueItemId: id, fromInboxId: null, group: "mail", position: 3, dueAt: at, reason: "manual" },
  },
  "contact.transferred": {
    when: "It was moved to another Inbox.",
    data: { ...contact, fromInboxId: id, agentId: null, position: null, dueAt: at, reason: "manual" },
  },
  "contact.offered": {
    when: "It is shown to an agent with a time limit.",
    data: { ...contact, offerId: id, agentId: id, matchReasons: [], endsAt: at },
  },
  "contact.offer_accepted": {
    when: "The agent took it.",
    data: { ...contact, offerId: id, agentId: id, matchReasons: [], reason: "accepted" },
  },
  "contact.offer_rejected": {
    when: "The offer ended otherwise.",
    data: { ...contact, offerId: id, agentId: id, matchReasons: [], reason: "missed" },
  },
  "contact.message_received": {
    when: "A customer's message was stored.",
    data: {
      ...contact,
      messageId: id,
      channel: "sms",
      text: "Hi",
      author: { type: "customer", id },
      agentId: null,
      test: false,
    },
  },
  "contact.message_sent": {
    when: "A message to a customer was stored.",
    data: {
      ...contact,
      messageId: id,
      channel: "sms",
      text: "Hello",
      author: { type: "agent", id },
      agentId: id,
      test: false,
    },
  },
  "contact.fulfilled": {
    when: "It was answered, or needs no answer.",
    data: { ...contact, fulfilledBy: "responded", beforeDue: true },
  },
  "contact.ended": { when: "It is over.", data: { ...contact, endReason: "agent_ended", status: "answered" } },
  "conversation.created": {
    when: "A conversation begins.",
    data: { ...conversation, agentId: null, status: "new", dueAt: at, from: null, to: "new", by: id, test: false },
  },
  "conversation.reopened": {
    when: "A closed one goes on.",
    data: { ...conversation, agentId: null, status: "new", dueAt: at, from: "closed", to: "new", by: id, test: false },
  },
  "conversation.closed": {
    when: "It was closed.",
    data: { ...conversation, agentId: id, from: "waiting", to: "closed", by: id, forced: false },
  },
  "conversation_status.updated": {
    when: "Its status changed.",
    data: { conversationId: id, customerId: id, from: "open", to: "waiting", by: id },
  },
  "conversation_assignee.updated": {
    when: "Somebody else has it, or nobody.",
    data: { ...conversation, agentId: id, fromAgentId: null, reason: "automated_assignment", decisionId: id },
  },
  "conversation_inbox.updated": {
    when: "It is in another Inbox.",
    data: { ...conversation, fromInboxId: id, reason: "manual" },
  },
  "conversation_topics.updated": {
    when: "Its topics changed.",
    data: { ...conversation, topicIds: [id], fromTopicIds: [] },
  },
  "conversation_due.updated": { when: "Its due date changed.", data: { ...conversation, dueAt: at, fromDueAt: null } },
  "message.delivery_updated": {
    when: "The state of a message on its way changed.",
    data: {
      messageId: id,
      deliveryId: id,
      conversationId: id,
      status: "failed",
      failure: { code: "unreachable", text: "…", retryable: false },
    },
  },
  "message.authentication_checked": {
    when: "SPF, DKIM and DMARC of a mail were checked.",
    data: {
      messageId: id,
      conversationId: id,
      authentication: { spf: "pass", dkim: "pass", dmarc: "pass", sender: "pass" },
    },
  },
  "message.files_added": {
    when: "Files of a message came after it.",
    data: { messageId: id, conversationId: id, contactId: id, added: 1, missing: 0 },
  },
  "note.added": {
    when: "A note for colleagues.",
    data: { ...conversation, noteId: id, agentId: id, mentionUserIds: [id], author: { type: "user", id, name: "Ana" } },
  },
  "note.removed": { when: "Its author took it back.", data: { ...conversation, noteId: id } },
  "notification.added": {
    when: "Something under the bell of one person; told to that person only.",
    data: { userId: id, kind: "mention", conversationId: id },
  },
  "draft.updated": {
    when: "A draft was saved; told to its author only.",
    data: { conversationId: id, userId: id, channel: "email", text: "Dear" },
  },
  "agent_availability.updated": {
    when: "An agent switched a channel group on or off.",
    data: { agentId: id, availableFor: ["messaging", "mail"] },
  },
  "agent_status.logged_in": { when: "An agent is there.", data: { agentId: id, reasonId: null, cause: null } },
  "agent_status.logged_out": { when: "An agent left.", data: { agentId: id, reasonId: null, cause: null } },
  "agent_status.went_away": { when: "An agent is away.", data: { agentId: id, reasonId: id, cause: "disconnected" } },
  "agent_status.returned_from_away": { when: "An agent is back.", data: { agentId: id, reasonId: null, cause: null } },
  "agent_status.changed_active_reason": {
    when: "An agent does something else.",
    data: { agentId: id, reasonId: id, cause: null },
  },
  "agent_focus.entered": { when: "An agent is in Focus: nothing new is routed.", data: { agentId: id } },
  "agent_focus.exited": { when: "Focus ended.", data: { agentId: id } },
  "customer.created": { when: "Somebody new.", data: { customerId: id, name: "Maya Chen", survivorId: null } },
  "customer.updated": { when: "A customer was edited.", data: { customerId: id, survivorId: null } },
  "customer.deleted": { when: "A customer was forgotten.", data: { customerId: id, survivorId: null } },
  "customer_address.added": {
    when: "A customer can be reached so.",
    data: {
      customerId: id,
      addressId: id,
      kind: "email",
      value: "maya@example.com",
      verifiedBy: "agent",
      survivorId: null,
    },
  },
  "customer_address.removed": {
    when: "No longer.",
    data: { customerId: id, addressId: id, kind: "email", value: "maya@example.com", survivorId: null },
  },
  "opt_out.added": { when: "A customer wrote STOP.", data: { customerId: id, phoneNumberId: id, keyword: "STOP" } },
  "opt_out.removed": { when: "A customer wrote START.", data: { customerId: id, phoneNumberId: id, keyword: "START" } },
  "entry_point.created": {
    when: "An entry point was added.",
    data: { entryPoint, resolution },
  },
  "entry_point.updated": { when: "It was edited.", data: { entryPoint, resolution } },
  "entry_point.deleted": {
    when: "It is gone.",
    data: { entryPoint: { ...entryPoint, status: "deleted", resolution: null }, resolution: null },
  },
  "channel_routing.updated": {
    when: "A section of Entry Points was saved.",
    data: { section: "chat", version: 8, ...changed },
  },
  "mailbox.added": { when: "An e-mail address was added.", data: { mailboxId: id, ...changed } },
  "mailbox.updated": { when: "It was edited.", data: { mailboxId: id, ...changed } },
  "mailbox.removed": { when: "It was removed.", data: { mailboxId: id, ...changed } },
  "mailbox.forwarding_seen": {
    when: "Mail to it reaches us.",
    data: { mailboxId: id, entryPointId: id, address: "help@retale.com" },
  },
  "mailbox.confirmation_received": {
    when: "A provider asks to confirm the forwarding.",
    data: { mailboxId: id, address: "help@retale.com" },
  },
  "chat_app.added": { when: "A chat app was added.", data: { chatAppId: id, ...changed } },
  "chat_app.updated": { when: "It was edited.", data: { chatAppId: id, ...changed } },
  "chat_app.removed": { when: "It was removed.", data: { chatAppId: id, ...changed } },
  "phone_number.added": { when: "A telephone number was added.", data: { phoneNumberId: id, ...changed } },
  "phone_number.updated": { when: "It was edited.", data: { phoneNumberId: id, ...changed } },
  "phone_number.released": { when: "It was given back.", data: { phoneNumberId: id, ...changed } },
  "carrier_account.added": {
    when: "An account at a telephone company was added.",
    data: { carrierAccountId: id, ...changed },
  },
  "carrier_account.updated": { when: "It was edited.", data: { carrierAccountId: id, ...changed } },
  "carrier_account.removed": { when: "It was removed.", data: { carrierAccountId: id, ...changed } },
  "inbox.added": { when: "An Inbox was added.", data: { inboxId: id, ...changed } },
  "inbox.updated": { when: "It was edited.", data: { inboxId: id, ...changed } },
  "inbox_member.added": { when: "An agent serves an Inbox.", data: { inboxId: id, userId: id, ...changed } },
  "inbox_member.removed": { when: "No longer.", data: { inboxId: id, userId: id, ...changed } },
  "topic.added": { when: "A topic was added.", data: { topicId: id, ...changed } },
  "topic.updated": { when: "It was renamed.", data: { topicId: id, ...changed } },
  "topic.removed": { when: "It was removed.", data: { topicId: id, ...changed } },
  "away_reason.added": { when: "A reason for being away was added.", data: { awayReasonId: id, ...changed } },
  "away_reason.updated": { when: "It was edited.", data: { awayReasonId: id, ...changed } },
  "away_reason.removed": { when: "It was removed.", data: { awayReasonId: id, ...changed } },
  "workflow_settings.updated": { when: "The conversation workflow was saved.", data: { version: 2, ...changed } },
  "organization.updated": { when: "The organization was edited.", data: changed },
  "user.added": { when: "Somebody was invited.", data: { userId: id, ...changed } },
  "user.updated": { when: "A user was edited.", data: { userId: id, ...changed } },
  "user.removed": { when: "A user was removed.", data: { userId: id, ...changed } },
  "api_key.added": { when: "An API key was made.", data: { apiKeyId: id, ...changed } },
  "api_key.removed": { when: "It was revoked.", data: { apiKeyId: id, ...changed } },
  "inbound_event.parked": {
    when: "Something that arrived could not be processed; it is kept.",
    data: { inboundEventId: id, channel: "email", reason: "parse_time_limit", entryPointId: id },
  },
  "inbound_event.replayed": {
    when: "It was processed after all.",
    data: { inboundEventId: id, channel: "email", reason: "parse_time_limit" },
  },
  "inbound_event.discarded": {
    when: "It was put aside.",
    data: { inboundEventId: id, channel: "email", reason: "spam" },
  },
  "routing.nobody_serves": { when: "Customers wait and nobody is available.", data: { waiting: 12, oldestDueAt: at } },
  "invariant.broken": {
    when: "The server found that something which must hold does not.",
    data: { invariant: "I8", count: 1, ids: [id] },
  },
} as const satisfies Record<string, DomainEvent>

export type DomainEventType = keyof typeof domainEvents
