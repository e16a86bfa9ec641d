import { groupOf } from "../core/channels.ts"
import type { ContactPlan } from "../core/conversations/place.ts"
import { newId } from "../ids.ts"
import type { ContactRow } from "../store/contacts.ts"
import type { ConversationChange, ConversationRow } from "../store/conversations.ts"
import type { NewAttachment, NewMessage } from "../store/messages.ts"
import type { Tx } from "../store/write.ts"
import type { Placed, Taken } from "./placed.ts"

/** A plan of `place` and the messages that it is for, as rows. */

const previewLengthMax = 200

export function conversationRow(tx: Tx, placed: Placed): ConversationRow {
  const { plan, customerId, test, taken } = placed
  return {
    closedBy: null,
    closeForced: false,
    topicIds: [],
    mergedIntoId: null,
    relatedConversationId: null,
    lastAgentId: plan.conversation.agentId,
    ...inbound(placed),
    id: plan.conversation.id,
    customerId,
    status: plan.conversation.status,
    createdAt: taken[0]?.receivedAt ?? tx.now,
    test,
    version: 1,
  }
}

export function conversationChange(placed: Placed): ConversationChange {
  const { plan } = placed
  return { ...inbound(placed), ...(plan.conversation.type === "reopen" ? { closedBy: null, closeForced: false } : {}) }
}

/** What every inbound message says about its conversation. */
function inbound({ plan, taken }: Placed) {
  const { conversation } = plan
  const last = taken.at(-1)
  const related = taken.find((one) => one.relatedConversationId !== null)?.relatedConversationId
  return {
    inboxId: conversation.inboxId,
    agentId: conversation.agentId,
    awaitingSince: conversation.awaitingSince,
    dueAt: conversation.dueAt,
    dueBecause: conversation.dueBecause,
    slaSeconds: conversation.dueBecause.slaSeconds,
    slaSource: conversation.dueBecause.slaSource,
    noReplyNeeded: false,
    noReplyRestore: null,
    closedAt: null,
    reopenedAt: conversation.reopenedAt,
    lastMessageAt: last?.at ?? null,
    lastMessagePreview: last ? preview(last) : null,
    lastMessageDirection: "inbound",
    lastMessageChannel: last?.event.channel ?? null,
    lastInboundAt: last?.receivedAt ?? null,
    ...(related ? { relatedConversationId: related } : {}),
  }
}

function preview({ event }: Taken): string {
  const text = event.content.text
    .slice(0, previewLengthMax * 4)
    .replace(/\s+/g, " ")
    .trim()
  return (text || event.content.subject || event.content.files?.[0]?.name || "").slice(0, previewLengthMax)
}

export function contactRow({ customerId, taken, test, plan }: Placed, contact: ContactPlan): ContactRow {
  const first = taken[0]
  return {
    id: contact.id,
    conversationId: plan.conversation.id,
    customerId,
    channel: contact.channel,
    channelGroup: groupOf(contact.channel),
    entryPointId: contact.entryPointId,
    direction: "inbound",
    inboxId: contact.inboxId,
    state: contact.state,
    dueAt: contact.dueAt,
    slaSeconds: contact.slaSeconds,
    slaSource: contact.slaSource,
    inboxSource: contact.inboxSource,
    startedAt: contact.startedAt ?? contact.awaitingSince,
    queuedAt: contact.state === "queued" ? contact.awaitingSince : null,
    awaitingSince: contact.awaitingSince,
    fulfilledAt: null,
    fulfilledBy: null,
    lastMessageAt: taken.at(-1)?.receivedAt ?? first?.receivedAt ?? null,
    endedAt: null,
    endReason: null,
    endStatus: null,
    test,
  }
}

export function messageRow({ plan, customerId }: Placed, taken: Taken): NewMessage {
  const { event, placed } = taken
  const { content, mail } = event
  return {
    id: placed.id,
    conversationId: plan.conversation.id,
    customerId,
    contactId: plan.messages.find((message) => message.id === placed.id)?.contactId ?? "",
    channel: event.channel,
    direction: "inbound",
    entryPointId: event.entryPointId,
    authorType: "customer",
    authorId: customerId,
    kind: content.kind,
    text: content.text,
    html: content.html ?? null,
    subject: content.subject ?? null,
    fromAddress: event.from.value,
    toAddresses: mail ? mail.to : [taken.entryPoint.address],
    ccAddresses: mail?.cc ?? [],
    bccAddresses: [],
    envelopeFrom: mail?.envelopeFrom ?? null,
    fromHeader: mail?.fromHeader ?? null,
    externalId: event.externalId,
    messageIdHeader: mail?.messageId ?? null,
    referenceIds: mail?.references ?? [],
    replyToken: null,
    inReplyToId: taken.inReplyToId,
    inboundEventId: taken.id,
    flags: { ...mail?.flags, ...(mail?.automatic ? { automatic: true } : {}) },
    fulfils: false,
    clientId: event.clientId ?? null,
    replyWindowEndsAt: null,
    sentAt: taken.at,
    receivedAt: taken.receivedAt,
    test: event.test,
  }
}

export function attachmentRows({ event, placed }: Taken): NewAttachment[] {
  return (event.content.files ?? []).map((file, index) => ({
    id: newId(),
    messageId: placed.id,
    name: file.name,
    type: file.type,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    contentId: file.contentId ?? null,
    inline: file.inline ?? false,
    sortOrder: index,
  }))
}
