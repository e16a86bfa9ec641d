import { useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import type { Conversation } from "../../../../src/core/conversations/conversation.ts"
import { api } from "../../api.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { type OpenConversation, workKeys } from "../work.queries.ts"

/** States of a conversation that are set and taken back; what the answer says is shown at once. */
export function useConversationActions(conversation: OpenConversation) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { id } = conversation
  const show = (changed: Conversation) => {
    client.setQueryData(workKeys.one(id), { ...conversation, ...changed })
    void client.invalidateQueries({ queryKey: workKeys.lists })
    void client.invalidateQueries({ queryKey: workKeys.timeline(conversation.customer.id) })
  }
  const noReplyNeeded = useMutation({
    mutationFn: (on: boolean) =>
      on
        ? api.put<Conversation>(`/conversations/${id}/no-reply-needed`)
        : api.delete<Conversation>(`/conversations/${id}/no-reply-needed`),
    onSuccess: show,
    onError: toastProblem,
  })
  const reopen = useMutation({
    mutationFn: () => api.delete<Conversation>(`/conversations/${id}/closure`),
    onSuccess: (changed) => {
      show(changed)
      void client.invalidateQueries({ queryKey: workKeys.one(id) })
    },
    onError: toastProblem,
  })
  const topics = useMutation({
    mutationFn: (topicIds: string[]) => api.put<Conversation>(`/conversations/${id}/topics`, { topicIds }),
    onSuccess: show,
    onError: toastProblem,
  })
  const transfer = useMutation({
    mutationFn: (to: { inboxId: string; agentId: string | null; note?: string }) =>
      api.put<Conversation>(`/conversations/${id}/assignment`, to),
    onSuccess: (changed) => {
      show(changed)
      toast(t`Transferred.`)
    },
    onError: toastProblem,
  })
  return { noReplyNeeded, reopen, topics, transfer, show }
}

export type Closing = {
  next: boolean
  /** Although the customer has no answer. */
  force: boolean
  /** Those that were chosen on the way. */
  topicIds?: string[]
}

/** Closing; with `next` the following request is taken in the same step (Close & Next, api.md 2.12). */
export function useClose(conversation: OpenConversation) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async ({ next, force, topicIds = [] }: Closing): Promise<string | null> => {
      const topics = topicIds.length > 0 ? { topicIds } : {}
      if (!next) {
        await api.put(`/conversations/${conversation.id}/closure`, { force, ...topics })
        return null
      }
      if (topicIds.length > 0) await api.put(`/conversations/${conversation.id}/topics`, topics)
      const pulled = await api.post<{ conversation: { id: string } | null }>("/agents/me/pulls", {
        closing: conversation.id,
        force,
      })
      if (!pulled.conversation) toast(t`Closed. No one is waiting in your Inboxes.`)
      return pulled.conversation?.id ?? null
    },
    onSuccess: async (nextId, { next }) => {
      void client.invalidateQueries({ queryKey: ["conversations"] })
      void client.invalidateQueries({ queryKey: ["agents", "me"] })
      void client.invalidateQueries({ queryKey: workKeys.timeline(conversation.customer.id) })
      if (nextId) await navigate({ to: "/work/c/$conversationId", params: { conversationId: nextId } })
      else if (next) await navigate({ to: "/work" })
      else toast(t`Closed.`)
    },
  })
}
