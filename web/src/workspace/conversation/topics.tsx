import { Checkbox, Menu, Modal, Pill, Stack, UnstyledButton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPlus } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useIsPhone } from "../../field/is-phone.ts"
import { type OpenConversation, topicsQuery } from "../work.queries.ts"
import { useConversationActions } from "./actions.ts"
import classes from "./conversation.module.css"

type Props = {
  conversation: OpenConversation
  /** Its menu is open. */
  asked: boolean
  onAsked: (asked: boolean) => void
  disabled: boolean
}

/** What the conversation is about: a menu at its header, on a phone a dialog. */
export function Topics({ conversation, asked, onAsked, disabled }: Props) {
  const { t } = useLingui()
  const isPhone = useIsPhone()
  const all = useQuery(topicsQuery).data ?? []
  const { topics } = useConversationActions(conversation)
  // What is on its way counts, so that a second choice right after does not undo the first.
  const chosen = topics.isPending ? topics.variables : conversation.topics.map(({ id }) => id)
  const toggle = (id: string) =>
    topics.mutate(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id])
  const canChoose = !disabled && all.length > 0
  return (
    <>
      {conversation.topics.map((topic) => (
        <Pill key={topic.id} size="sm" className={classes.topic}>
          {topic.name}
        </Pill>
      ))}
      {canChoose && !isPhone && (
        <Menu opened={asked} onChange={onAsked} position="bottom-start">
          <Menu.Target>
            <UnstyledButton className={classes.pill} data-topics>
              <IconPlus size={14} stroke={1.75} aria-hidden />
              <Trans>Topic</Trans>
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown aria-label={t`Topics`} mah={320} style={{ overflowY: "auto" }}>
            {all.map((topic) => (
              <Menu.CheckboxItem
                key={topic.id}
                closeMenuOnClick={false}
                checked={chosen.includes(topic.id)}
                onChange={() => toggle(topic.id)}
              >
                {topic.name}
              </Menu.CheckboxItem>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {canChoose && isPhone && (
        <Modal
          opened={asked}
          onClose={() => onAsked(false)}
          title={t`Topics`}
          closeButtonProps={{ "aria-label": t`Close` }}
        >
          <Stack gap={0}>
            {all.map((topic) => (
              <Checkbox
                key={topic.id}
                className={classes.topicChoice}
                label={topic.name}
                checked={chosen.includes(topic.id)}
                onChange={() => toggle(topic.id)}
              />
            ))}
          </Stack>
        </Modal>
      )}
    </>
  )
}
