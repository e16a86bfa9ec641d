import { Anchor } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import { ApiProblem, api, listAll } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"
import classes from "./composer.module.css"
import type { Draft } from "./draft.ts"
import { type Sent, useSent } from "./sent.ts"

type Props = { conversationId: string; onUndone: (draft: Draft) => void }

/** For some seconds a mail can be taken back; its text returns to the writer. */
export function UndoBar({ conversationId, onUndone }: Props) {
  const sent = useSent(conversationId)
  return sent ? <Undo key={sent.messageId} sent={sent} onUndone={onUndone} /> : null
}

function Undo({ sent, onUndone }: { sent: Sent; onUndone: (draft: Draft) => void }) {
  const client = useQueryClient()
  const [left, setLeft] = useState(() => secondsLeft(sent))
  useEffect(() => {
    const timer = setInterval(() => setLeft(secondsLeft(sent)), 250)
    return () => clearInterval(timer)
  }, [sent])
  const undo = useMutation({
    mutationFn: async () => {
      const [delivery] = await listAll<{ id: string }>(`/messages/${sent.messageId}/deliveries`)
      if (delivery) await api.delete(`/messages/${sent.messageId}/deliveries/${delivery.id}`)
    },
    onSuccess: () => {
      sent.until = 0
      setLeft(0)
      onUndone(sent.draft)
      void client.invalidateQueries({ queryKey: ["timeline"] })
      void client.invalidateQueries({ queryKey: ["conversations"] })
    },
    onError: (error) =>
      toastProblem(error instanceof ApiProblem && error.code === "already_sent" ? new Error(error.message) : error),
  })
  if (left <= 0) return null
  return (
    <div className={classes.undo}>
      <Trans>Sending in {left} s.</Trans>{" "}
      <Anchor component="button" type="button" size="xs" disabled={undo.isPending} onClick={() => undo.mutate()}>
        <Trans>Undo</Trans>
      </Anchor>
    </div>
  )
}

function secondsLeft(sent: Sent): number {
  return Math.max(0, Math.ceil((sent.until - performance.now()) / 1000))
}
