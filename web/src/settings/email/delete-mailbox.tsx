import { Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { api } from "../../api.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"

type Props = { mailbox: Mailbox; inboxName: string; onDeleted: () => void }

/** Names what stops before it does. */
export function DeleteMailbox({ mailbox, inboxName, onDeleted }: Props) {
  const { t } = useLingui()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.put(`/mailboxes/${mailbox.id}/deletion`),
    onSuccess: () => {
      void client.invalidateQueries()
      toast(t`${mailbox.address} was removed.`)
      onDeleted()
    },
    onError: toastProblem,
  })
  return (
    <div>
      <Text size="sm" c="dimmed" mb="sm">
        <Trans>
          After removing it, mail for this address is refused and its exception ends. Past conversations stay.
        </Trans>
      </Text>
      <Removal
        label={<Trans>Remove address</Trans>}
        question={t`Remove ${mailbox.address}?`}
        pending={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <Trans>
          New mail to {mailbox.address} no longer reaches {inboxName}. Its sender gets it back as undeliverable.
        </Trans>
      </Removal>
    </div>
  )
}
