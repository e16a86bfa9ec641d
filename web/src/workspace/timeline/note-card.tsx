import { ActionIcon, Button, Group, Popover, Text, Tooltip } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconLock, IconTrash } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { api } from "../../api.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { clockTime } from "../short-time.ts"
import classes from "./timeline.module.css"

/** A note for colleagues: it looks like nothing that a customer could see. */
export function NoteCard({ item, meId }: { item: TimelineItem; meId: string }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { note } = item
  const remove = useMutation({
    mutationFn: () => api.delete(`/conversations/${item.conversationId}/notes/${note?.id}`),
    onError: toastProblem,
    onSettled: () => void client.invalidateQueries({ queryKey: ["timeline"] }),
  })
  if (!note) return null
  return (
    <div className={classes.note}>
      <div className={classes.noteHead}>
        <IconLock size={13} stroke={1.75} aria-hidden />
        <Trans>{note.author.id === meId ? t`You` : note.author.name}, note for the team</Trans>
        <span className="grow" />
        <time dateTime={item.at} title={exactTime(item.at)} className="num">
          {clockTime(item.at)}
        </time>
        {note.author.id === meId && <DeleteNote busy={remove.isPending} onDelete={() => remove.mutate()} />}
      </div>
      <div dir="auto">{note.text}</div>
    </div>
  )
}

/** It cannot be brought back, so it is asked once. */
function DeleteNote({ busy, onDelete }: { busy: boolean; onDelete: () => void }) {
  const { t } = useLingui()
  const [asked, { open, close }] = useDisclosure()
  return (
    <Popover opened={asked} onDismiss={close} position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={t`Delete this note`} disabled={asked}>
          <ActionIcon
            size={24}
            className={classes.deleteNote}
            aria-label={t`Delete this note`}
            loading={busy}
            onClick={open}
          >
            <IconTrash size={14} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t`Delete this note`}>
        <Text size="sm" mb="sm">
          <Trans>Delete this note for everybody?</Trans>
        </Text>
        <Group gap="sm" justify="flex-end">
          <Button size="xs" variant="default" onClick={close} data-autofocus>
            <Trans>Keep</Trans>
          </Button>
          <Button size="xs" color="red" onClick={onDelete}>
            <Trans>Delete</Trans>
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  )
}
