import { Anchor } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { type Icon, IconAlertTriangle, IconCheck, IconChecks, IconClock, IconHelpCircle } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { DeliveryStatus, Message } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { toastProblem } from "../../field/toast.tsx"
import classes from "./timeline.module.css"

const states: Record<DeliveryStatus, { icon: Icon; word: MessageDescriptor }> = {
  queued: { icon: IconClock, word: msg`Sending` },
  sent: { icon: IconCheck, word: msg`Sent` },
  delivered: { icon: IconChecks, word: msg`Delivered` },
  read: { icon: IconChecks, word: msg`Read` },
  failed: { icon: IconAlertTriangle, word: msg`Not delivered` },
  unknown: { icon: IconHelpCircle, word: msg`Perhaps delivered` },
}

/** What became of a message of ours; a failure says why, and can be tried again. */
export function DeliveryState({ message }: { message: Message }) {
  const { t } = useLingui()
  const can = useCan()
  const client = useQueryClient()
  const { delivery } = message
  const retry = useMutation({
    mutationFn: () =>
      api.post(`/messages/${message.id}/deliveries`, delivery?.status === "unknown" ? { acceptDuplicate: true } : {}),
    onError: toastProblem,
    onSettled: () => void client.invalidateQueries({ queryKey: ["timeline"] }),
  })
  if (!delivery) return null
  const { icon: Glyph, word } = states[delivery.status]
  // What left has a failure where somebody who was to have a copy did not get it.
  const why = delivery.status === "unknown" ? null : delivery.failure?.text
  const trouble = delivery.status === "failed" || delivery.status === "unknown"
  return (
    <span
      className={classes.delivery}
      data-trouble={delivery.status === "failed" || (delivery.status === "sent" && why) ? true : undefined}
      title={exactTime(delivery.changedAt)}
    >
      <Glyph size={14} stroke={1.75} aria-hidden />
      {t(word)}
      {delivery.status !== "queued" && why && <>: {why}</>}
      {delivery.status === "unknown" && <Trans>: the line broke while it was handed over.</Trans>}
      {trouble && can("conversation.work") && (
        <Anchor component="button" type="button" size="xs" disabled={retry.isPending} onClick={() => retry.mutate()}>
          {delivery.status === "unknown" ? <Trans>Send again, perhaps twice</Trans> : <Trans>Try again</Trans>}
        </Anchor>
      )}
    </span>
  )
}
