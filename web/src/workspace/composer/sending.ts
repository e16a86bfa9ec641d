import { useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import type { User } from "../../../../src/core/people/user.ts"
import { api } from "../../api.ts"
import { useMe } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { type OpenConversation, workKeys } from "../work.queries.ts"
import type { Draft } from "./draft.ts"
import { chosenTo, fromOf } from "./from-and-to.tsx"
import { mentionedIn } from "./mention-list.tsx"
import { post } from "./outbox.ts"
import { useSoFar } from "./so-far.ts"

/** An answer goes by the outbox, which loses nothing while the line is away. */
export function useSendAnswer(conversation: OpenConversation, channel: ChannelName | null, option: ReplyOption | null) {
  const me = useMe()
  const soFar = useSoFar(conversation)
  const subjectOf = (draft: Draft) => draft.subject ?? soFar.subject
  const send = (draft: Draft) => {
    if (!channel || !option) return
    const from = fromOf(option, draft)
    const to = chosenTo(option, draft)
    const subject = subjectOf(draft)
    post({
      ...draft,
      userId: me.user.id,
      conversationId: conversation.id,
      channel,
      body: {
        channel,
        ...(from && { entryPointId: from.entryPointId }),
        ...(to && { toAddressId: to.addressId }),
        text: draft.text,
        ...(channel === "email" && {
          ...(draft.html && { html: draft.html }),
          ...(subject && { subject }),
          cc: draft.cc,
          bcc: draft.bcc,
        }),
        attachmentIds: draft.attachments.map(({ id }) => id),
        ...(soFar.seenMessageId && { seenMessageId: soFar.seenMessageId }),
      },
    })
  }
  return { subjectOf, send }
}

/** A note stays in its field until the server has it. */
export function useAddNote(conversation: OpenConversation, onAdded: () => void) {
  const { t } = useLingui()
  const client = useQueryClient()
  const adding = useMutation({
    mutationFn: (body: { text: string; mentionUserIds: string[] }) =>
      api.post(`/conversations/${conversation.id}/notes`, body),
    onSuccess: () => {
      onAdded()
      announce("status", t`Note added`)
      void client.invalidateQueries({ queryKey: workKeys.timeline(conversation.customer.id) })
    },
    onError: toastProblem,
  })
  return {
    busy: adding.isPending,
    add: ({ text }: Draft, users: User[]) =>
      adding.mutate({ text: text.trim(), mentionUserIds: mentionedIn(text, users) }),
  }
}
