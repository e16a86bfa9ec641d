import { Alert, Anchor, Button, Divider, Group, Stack, Text, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { CopyField } from "../../field/copy-field.tsx"
import { DraftConflict, isConflict } from "../../field/conflict.tsx"
import { useDraft } from "../../field/draft.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { toast } from "../../field/toast.tsx"
import { DeleteMailbox } from "./delete-mailbox.tsx"
import { probeQuery, sendProbe } from "./email.queries.ts"
import { Forwarding } from "./forwarding.tsx"
import { Sheet, useDialog } from "../../field/dialog.tsx"

type Props = { mailbox: Mailbox; entryPoint?: EntryPoint; onClose: () => void }

/** One address: its forwarding target and probe, the sender's name, the end. */
export function MailboxDrawer({ mailbox, entryPoint, onClose }: Props) {
  const can = useCan()
  return (
    <Sheet onClose={onClose} title={mailbox.address}>
      <Stack gap="lg">
        <ForwardingPart mailbox={mailbox} editable={can("mailbox.edit")} />
        {can("mailbox.edit") && (
          <>
            <Divider />
            <SenderName mailbox={mailbox} onClose={onClose} />
            <Divider />
            <DeleteMailbox mailbox={mailbox} inboxName={entryPoint?.resolution?.inboxName ?? ""} onDeleted={onClose} />
          </>
        )}
      </Stack>
    </Sheet>
  )
}

function ForwardingPart({ mailbox, editable }: { mailbox: Mailbox; editable: boolean }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [probeId, setProbeId] = useState<string | null>(null)
  const start = useMutation({ mutationFn: () => sendProbe(mailbox.id), onSuccess: (probe) => setProbeId(probe.id) })
  const probe = useQuery({ ...probeQuery(mailbox.id, probeId ?? ""), enabled: probeId !== null }).data
  useEffect(() => {
    if (probe?.status === "received") void client.invalidateQueries({ queryKey: ["mailboxes"], exact: true })
  }, [probe?.status, client])
  const confirmation = probe?.confirmationMail ?? mailbox.confirmationMail
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Text fw={600}>
          <Trans>Forwarding</Trans>
        </Text>
        <Forwarding mailbox={mailbox} />
      </Group>
      <Text size="sm">
        <Trans>Tell your mail host to forward mail for this address to:</Trans>
      </Text>
      <CopyField value={mailbox.forwardingAddress} label={t`forwarding target`} mono />
      <Text size="sm" c="dimmed">
        <Trans>
          In Google: Settings, Forwarding. In Microsoft 365: Mailboxes, Mail flow, Email forwarding. The host may first
          send a confirmation mail to the target; we show it here.
        </Trans>
      </Text>
      {editable && (
        <Group gap="sm">
          <Button
            variant="default"
            onClick={() => start.mutate()}
            loading={start.isPending || probe?.status === "sent"}
          >
            <Trans>Check forwarding</Trans>
          </Button>
          {probe && <ProbeState status={probe.status} />}
        </Group>
      )}
      {start.error && <Refusal>{start.error.message}</Refusal>}
      {probe?.status === "timed_out" && (
        <Text size="sm">
          <Trans>Not back after 2 min. Usual reason: the forwarding rule is not confirmed.</Trans>
        </Text>
      )}
      {confirmation && mailbox.forwarding === "waiting" && (
        <Alert color="accent" variant="light" p="sm" title={t`Confirmation mail from ${confirmation.from}`}>
          {confirmation.subject && <Text size="sm">{confirmation.subject}</Text>}
          {confirmation.link && (
            <Anchor size="sm" href={confirmation.link} target="_blank" rel="noreferrer noopener">
              <Trans>Open the confirmation link</Trans>
            </Anchor>
          )}
          {confirmation.code && <CopyField value={confirmation.code} label={t`code`} mono />}
        </Alert>
      )}
    </Stack>
  )
}

function ProbeState({ status }: { status: "sent" | "received" | "timed_out" }) {
  if (status === "received")
    return (
      <StatusChip status="ok">
        <Trans>Received back</Trans>
      </StatusChip>
    )
  if (status === "timed_out")
    return (
      <StatusChip status="overdue">
        <Trans>Not back</Trans>
      </StatusChip>
    )
  return (
    <StatusChip status="info">
      <Trans>Probe sent, waiting for it</Trans>
    </StatusChip>
  )
}

function SenderName({ mailbox, onClose }: { mailbox: Mailbox; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const draft = useDraft(mailbox, valuesOf)
  const save = useMutation({
    mutationFn: ({ values, version }: { values: Values; version: number }) =>
      api.patch<Mailbox>(`/mailboxes/${mailbox.id}`, { senderName: values.senderName.trim() }, version),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["mailboxes"] })
      toast(t`${mailbox.address} saved.`)
      onClose()
    },
    onError: (error) => isConflict(error) && client.invalidateQueries({ queryKey: ["mailboxes"] }),
  })
  useDialog(draft.changed && !save.isPending && !save.isSuccess)
  const problem = save.error instanceof ApiProblem ? save.error : null
  return (
    <Form onSubmit={() => save.mutate(draft)}>
      <Stack gap="sm">
        {isConflict(save.error) && (
          <DraftConflict
            problem={save.error}
            name={mailbox.address}
            draft={draft}
            current={mailbox}
            lines={[[t`Sender name`, ({ senderName }) => senderName || t`none`]]}
            save={save}
          />
        )}
        <TextInput
          label={t`Sender name`}
          maxLength={100}
          value={draft.values.senderName}
          onChange={(event) => draft.set({ senderName: event.currentTarget.value })}
          error={isConflict(save.error) ? undefined : (problem?.at("/senderName") ?? save.error?.message)}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </Stack>
    </Form>
  )
}

type Values = Pick<Mailbox, "senderName">

function valuesOf({ senderName }: Mailbox): Values {
  return { senderName }
}
