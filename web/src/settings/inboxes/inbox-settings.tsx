import { Button, Divider, Group, Select, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { DraftConflict, isConflict, type Line } from "../../field/conflict.tsx"
import { useDraft } from "../../field/draft.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { toast, toastProblem } from "../../field/toast.tsx"
import { mailboxesQuery } from "../email/email.queries.ts"
import { InboxFields, isComplete } from "./inbox-fields.tsx"
import { DeactivateInbox } from "./deactivate-inbox.tsx"

/** Name, SLA, From address; nothing is stored until Save. */
export function InboxSettings({ inbox }: { inbox: Inbox }) {
  const { t } = useLingui()
  const can = useCan()
  const client = useQueryClient()
  const mailboxes = useQuery({ ...mailboxesQuery, enabled: can("mailbox.read") }).data ?? []
  const draft = useDraft(inbox, valuesOf)
  const { name, sla, mailboxId } = draft.values
  const [tried, setTried] = useState(false)
  const save = useMutation({
    mutationFn: ({ values, version }: { values: Values; version: number }) =>
      api.patch<Inbox>(
        `/inboxes/${inbox.id}`,
        { name: values.name.trim(), slaMinutesText: values.sla, defaultMailboxId: values.mailboxId },
        version,
      ),
    onSuccess: (saved) => {
      draft.take(saved)
      setTried(false)
      client.setQueryData(["inboxes", inbox.id], saved)
      for (const key of ["inboxes", "channel-routings", "entry-points", "entry-points-overview"])
        void client.invalidateQueries({ queryKey: [key] })
      toast(t`${saved.name} saved. It counts for the next request; those already waiting keep their due date.`)
    },
    onError: (error) => isConflict(error) && client.invalidateQueries({ queryKey: ["inboxes", inbox.id] }),
  })
  const lines: Line<Values>[] = [
    [t`Name`, ({ name }) => name],
    [t`SLA (minutes)`, ({ sla }) => sla],
    [t`Default From address`, (values) => mailboxes.find(({ id }) => id === values.mailboxId)?.address ?? t`None`],
  ]
  const problem = save.error instanceof ApiProblem ? save.error : null
  const editable = can("inbox.edit")
  return (
    <Stack maw={520} gap="lg">
      <LeaveGuard when={draft.changed} question={<Trans>Leave without saving the changes to {inbox.name}?</Trans>} />
      <Form
        onSubmit={() => {
          setTried(true)
          if (isComplete({ name, sla })) save.mutate(draft)
        }}
      >
        <Stack gap="md">
          {isConflict(save.error) ? (
            <DraftConflict
              problem={save.error}
              name={draft.stored.name}
              draft={draft}
              current={inbox}
              lines={lines}
              save={save}
            />
          ) : (
            save.error &&
            problem?.code !== "name_taken" &&
            !problem?.errors.length && <Refusal>{save.error.message}</Refusal>
          )}
          <InboxFields
            values={{ name, sla }}
            onChange={draft.set}
            tried={tried}
            error={save.error}
            readOnly={!editable}
          />
          <Select
            label={t`Default From address`}
            description={t`Without one, the agent chooses it for the first outgoing mail.`}
            clearable
            clearButtonProps={{ "aria-label": t`Clear the From address` }}
            data={mailboxes.map((mailbox) => ({ value: mailbox.id, label: mailbox.address }))}
            value={mailboxId}
            onChange={(mailboxId) => draft.set({ mailboxId })}
            readOnly={!editable}
            placeholder={t`None`}
          />
          {editable && (
            <Group gap="sm">
              <Button type="submit" loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
              {draft.changed && (
                <Text size="sm">
                  <Trans>Changes not saved.</Trans>
                </Text>
              )}
            </Group>
          )}
        </Stack>
      </Form>
      {editable && <Activation inbox={inbox} />}
    </Stack>
  )
}

type Values = { name: string; sla: string; mailboxId: string | null }

function valuesOf({ name, slaMinutesText, defaultMailboxId }: Inbox): Values {
  return { name, sla: slaMinutesText, mailboxId: defaultMailboxId }
}

function Activation({ inbox }: { inbox: Inbox }) {
  const client = useQueryClient()
  const [opened, { open, close }] = useDisclosure()
  const reactivate = useMutation({
    mutationFn: () => api.delete(`/inboxes/${inbox.id}/deactivation`),
    onSettled: () => void client.invalidateQueries({ queryKey: ["inboxes"] }),
    onError: toastProblem,
  })
  return (
    <>
      <Divider />
      <div>
        <Text fw={600}>
          {inbox.deactivation ? <Trans>This Inbox is deactivated</Trans> : <Trans>Deactivate</Trans>}
        </Text>
        <Text size="sm" c="dimmed" mb="sm">
          <Trans>A deactivated Inbox takes no new requests. Its history stays.</Trans>
        </Text>
        {inbox.deactivation ? (
          <Button variant="default" onClick={() => reactivate.mutate()} loading={reactivate.isPending}>
            <Trans>Activate Inbox</Trans>
          </Button>
        ) : (
          <Button variant="default" onClick={open}>
            <Trans>Deactivate Inbox</Trans>
          </Button>
        )}
      </div>
      <DeactivateInbox inbox={inbox} opened={opened} onClose={close} />
    </>
  )
}
