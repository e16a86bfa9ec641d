import { Stack, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Inbox, InboxUse } from "../../../../src/core/inboxes/inbox.ts"
import { api } from "../../api.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { InboxSelect } from "../../field/inbox-select.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { toast } from "../../field/toast.tsx"
import { inboxUsesQuery } from "./inboxes.queries.ts"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

type Props = { inbox: Inbox; opened: boolean; onClose: () => void }

/** Each place that still uses the Inbox is given another one in the same step (spec 2.7). */
export function DeactivateInbox({ inbox, opened, onClose }: Props) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Deactivate ${inbox.name}`} size="lg">
      <Uses inbox={inbox} onClose={onClose} />
    </Dialog>
  )
}

function Uses({ inbox, onClose }: { inbox: Inbox; onClose: () => void }) {
  const query = useQuery({ ...inboxUsesQuery(inbox.id), staleTime: 0 })
  return (
    <ResourceState query={query}>
      {(uses) => <Replacements inbox={inbox} uses={uses} onClose={onClose} />}
    </ResourceState>
  )
}

function Replacements({ inbox, uses, onClose }: { inbox: Inbox; uses: InboxUse[]; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [chosen, setChosen] = useState<Record<string, string>>({})
  const [tried, setTried] = useState(false)
  const keyOf = (use: InboxUse) => `${use.kind} ${use.id}`
  const missing = uses.some((use) => !chosen[keyOf(use)])
  const deactivate = useMutation({
    mutationFn: () =>
      api.put(`/inboxes/${inbox.id}/deactivation`, {
        replacements: uses.map((use) => ({ use: { kind: use.kind, id: use.id }, inboxId: chosen[keyOf(use)] })),
      }),
    onSuccess: () => {
      void client.invalidateQueries()
      toast(t`${inbox.name} deactivated.`)
      onClose()
    },
  })
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (!missing) deactivate.mutate()
      }}
    >
      <Stack gap="md">
        <Text size="sm">
          {uses.length > 0 ? (
            <Trans>{inbox.name} is still used. Choose what takes its place:</Trans>
          ) : (
            <Trans>Nothing leads to {inbox.name}. It takes no new requests from now on.</Trans>
          )}
        </Text>
        {uses.map((use) => (
          <InboxSelect
            key={keyOf(use)}
            label={use.label}
            except={[inbox.id]}
            value={chosen[keyOf(use)] ?? null}
            onChange={(inboxId) => inboxId && setChosen({ ...chosen, [keyOf(use)]: inboxId })}
            error={tried && !chosen[keyOf(use)] ? t`Choose an Inbox.` : undefined}
          />
        ))}
        {deactivate.error && <Refusal>{deactivate.error.message}</Refusal>}
        <DialogButtons pending={deactivate.isPending} color="red" changed={Object.keys(chosen).length > 0}>
          {uses.length > 0 ? <Trans>Replace and deactivate</Trans> : <Trans>Deactivate Inbox</Trans>}
        </DialogButtons>
      </Stack>
    </Form>
  )
}
