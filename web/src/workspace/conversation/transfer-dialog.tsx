import { Select, Stack, Text, Textarea } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { useMe } from "../../can.ts"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"
import { InboxSelect } from "../../field/inbox-select.tsx"
import { inboxMembersQuery } from "../../settings/inboxes/inboxes.queries.ts"
import type { OpenConversation } from "../work.queries.ts"
import { useConversationActions } from "./actions.ts"

type Props = { conversation: OpenConversation; opened: boolean; onClose: () => void }

/** To an Inbox, where it queues, or to one of its agents; a note may go with it. */
export function TransferDialog({ conversation, opened, onClose }: Props) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Transfer the conversation`}>
      {opened && <TransferForm conversation={conversation} onClose={onClose} />}
    </Dialog>
  )
}

function TransferForm({ conversation, onClose }: Omit<Props, "opened">) {
  const { t } = useLingui()
  const me = useMe()
  const { transfer } = useConversationActions(conversation)
  const [inboxId, setInboxId] = useState<string>(conversation.inboxId)
  const [agentId, setAgentId] = useState<string | null>(null)
  const [note, setNote] = useState("")
  const members = useQuery(inboxMembersQuery(inboxId)).data ?? []
  const stateOf = (status: string) =>
    status === "logged_in" ? t`active` : status === "away" ? t`away` : t`not at work`
  const ready = (status: string) => (status === "logged_in" ? 0 : status === "away" ? 1 : 2)
  const agents = members
    .toSorted((a, b) => ready(a.status) - ready(b.status) || a.name.localeCompare(b.name))
    .map((member) => ({
      value: member.userId,
      label: member.userId === me.user.id ? t`${member.name} (you)` : `${member.name} · ${stateOf(member.status)}`,
    }))
  const nobody = inboxId !== conversation.inboxId && members.length === 0
  const unchanged = inboxId === conversation.inboxId && (agentId ?? null) === (conversation.assignment?.agentId ?? null)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        transfer.mutate({ inboxId, agentId, ...(note.trim() && { note: note.trim() }) }, { onSuccess: onClose })
      }}
    >
      <Stack gap="md">
        <InboxSelect
          label={t`Inbox`}
          value={inboxId}
          onChange={(id) => {
            if (!id) return
            setInboxId(id)
            setAgentId(null)
          }}
          description={inboxId === conversation.inboxId ? undefined : t`The due date follows this Inbox.`}
          data-autofocus
        />
        <Select
          label={t`Agent`}
          placeholder={t`Whoever is free: the queue`}
          clearable
          searchable
          nothingFoundMessage={t`No agent of this name in this Inbox`}
          data={agents}
          value={agentId}
          onChange={setAgentId}
        />
        {nobody && (
          <Text size="sm" c="var(--sb-soon)">
            <Trans>This Inbox has no agents. The request waits there until one is added.</Trans>
          </Text>
        )}
        <Textarea
          label={t`Note for the team`}
          autosize
          minRows={2}
          maxRows={6}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <DialogButtons
          pending={transfer.isPending}
          changed={note.trim() !== ""}
          disabled={unchanged && note.trim() === ""}
        >
          <Trans>Transfer</Trans>
        </DialogButtons>
      </Stack>
    </form>
  )
}
