import { Button, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconChevronRight } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { api } from "../api.ts"
import { toast, toastProblem } from "../field/toast.tsx"
import { useLiveStatus } from "../use-live-status.ts"
import { useAgentSelf } from "./shell.queries.ts"

type Pulled = { conversation: { id: string } | null; explanation?: unknown }

/** Takes the next request of my Inboxes, up to the maximum capacity (S9). */
export function NextButton() {
  const { t } = useLingui()
  const self = useAgentSelf(true).data
  const pull = usePull()
  const isLost = useLiveStatus().state === "lost"
  const switchedOn = self?.status === "logged_in" && self.availableFor.length > 0
  const available = switchedOn && !isLost
  return (
    <Tooltip
      label={available ? t`Take the next request (x)` : isLost ? t`No connection` : t`Switch on a channel first`}
    >
      <Button
        size="xs"
        h={32}
        variant="light"
        rightSection={<IconChevronRight size={16} stroke={1.75} />}
        aria-disabled={!available}
        data-disabled={!available || undefined}
        loading={pull.isPending}
        onClick={() => available && pull.mutate(undefined)}
      >
        <Trans>Next</Trans>
      </Button>
    </Tooltip>
  )
}

/** Pulls one request and opens it; `closing` ends the named conversation in the same step. */
export function usePull() {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (body: { closing?: string; force?: boolean } | undefined) =>
      api.post<Pulled>("/agents/me/pulls", body ?? {}),
    onSuccess: async ({ conversation }) => {
      void client.invalidateQueries({ queryKey: ["agents", "me"] })
      void client.invalidateQueries({ queryKey: ["conversations"] })
      if (!conversation) return toast(t`No one is waiting in your Inboxes.`)
      await navigate({ to: "/work/c/$conversationId", params: { conversationId: conversation.id } })
    },
    onError: toastProblem,
  })
}
