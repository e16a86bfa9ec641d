import { Alert, Button, Divider, Group, Select, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
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
  const [values, setValues] = useState({ name: inbox.name, sla: inbox.slaMinutesText })
  const [mailboxId, setMailboxId] = useState(inbox.defaultMailboxId)
  const [tried, setTried] = useState(false)
  const changed =
    values.name.trim() !== inbox.name ||
    values.sla.trim() !== inbox.slaMinutesText ||
    mailboxId !== inbox.defaultMailboxId
  const save = useMutation({
    mutationFn: () =>
      api.patch<Inbox>(
        `/inboxes/${inbox.id}`,
        { name: values.name.trim(), slaMinutesText: values.sla, defaultMailboxId: mailboxId },
        inbox.version,
      ),
    onSuccess: (saved) => {
      setValues({ name: saved.name, sla: saved.slaMinutesText })
      setTried(false)
      client.setQueryData(["inboxes", inbox.id], saved)
      for (const key of ["inboxes", "channel-routings", "entry-points", "entry-points-overview"])
        void client.invalidateQueries({ queryKey: [key] })
      toast(t`${saved.name} saved. It counts for the next request; those already waiting keep their due date.`)
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const editable = can("inbox.edit")
  return (
    <Stack maw={520} gap="lg">
      <LeaveGuard when={changed} question={<Trans>Leave without saving the changes to {inbox.name}?</Trans>} />
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (isComplete(values)) save.mutate()
        }}
      >
        <Stack gap="md">
          {save.error && problem?.code !== "name_taken" && !problem?.errors.length && (
            <Alert color="red" variant="light" role="alert" p="sm">
              {problem?.code === "version_conflict" ? (
                <Trans>
                  Somebody changed this Inbox meanwhile. Reload the page to see it; your changes were not stored.
                </Trans>
              ) : (
                save.error.message
              )}
            </Alert>
          )}
          <InboxFields values={values} onChange={setValues} tried={tried} error={save.error} readOnly={!editable} />
          <Select
            label={t`Default From address`}
            description={t`Without one, the agent chooses it for the first outgoing mail.`}
            clearable
            clearButtonProps={{ "aria-label": t`Clear the From address` }}
            data={mailboxes.map((mailbox) => ({ value: mailbox.id, label: mailbox.address }))}
            value={mailboxId}
            onChange={setMailboxId}
            placeholder={t`None`}
          />
          {editable && (
            <Group gap="sm">
              <Button type="submit" loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
              {changed && (
                <Text size="sm">
                  <Trans>Changes not saved.</Trans>
                </Text>
              )}
            </Group>
          )}
        </Stack>
      </form>
      {editable && <Activation inbox={inbox} />}
    </Stack>
  )
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
