import { useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Conversation } from "../../../../src/core/conversations/conversation.ts"
import { api, ApiProblem } from "../../api.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { useNames } from "../names.ts"

/** Takes a waiting request by hand. A lost race is told with the winner's name. */
export function useTake() {
  const { t } = useLingui()
  const client = useQueryClient()
  const names = useNames()
  return useMutation({
    mutationFn: (conversation: Conversation) => api.put(`/queue-items/${conversation.queueItem?.id}/take`),
    onError: (error) => {
      if (!(error instanceof ApiProblem && error.code === "already_taken")) return toastProblem(error)
      const who = names.person(typeof error.body.agentId === "string" ? error.body.agentId : null)
      toast(who ? t`${who} took it first.` : t`Somebody took it first.`)
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["conversations"] }),
  })
}
