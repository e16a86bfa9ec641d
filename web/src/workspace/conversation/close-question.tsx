import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { Form } from "../../field/form.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { topicsQuery } from "../work.queries.ts"
import classes from "./conversation.module.css"

/** Why closing was refused at first: nobody has answered yet, or the company wants a topic, or both. */
export type CloseAsked = { next: boolean; waiting: boolean; topicRequired: boolean }

type Props = {
  opened: boolean
  asked: CloseAsked
  name: string
  ago: string
  onCancel: () => void
  onClose: (topicIds: string[]) => void
  busy: boolean
}

/** One step for all that closing needs: nobody is left without an answer by a slip of the hand, or without a topic. */
export function CloseQuestion({ opened, asked, onCancel, ...rest }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onCancel}
      title={asked.waiting ? <Trans>Close without an answer?</Trans> : <Trans>Close the conversation</Trans>}
      withCloseButton={false}
    >
      <CloseForm asked={asked} onCancel={onCancel} {...rest} />
    </Modal>
  )
}

function CloseForm({ asked, name, ago, onCancel, onClose, busy }: Omit<Props, "opened">) {
  const [topicIds, setTopicIds] = useState<string[]>([])
  const [missing, setMissing] = useState(false)
  const submit = () => {
    if (!asked.topicRequired || topicIds.length > 0) return onClose(topicIds)
    setMissing(true)
  }
  return (
    <Form onSubmit={submit}>
      {asked.waiting && (
        <Text size="sm" mb="lg">
          <Trans>
            {name} wrote {ago} and has no answer. Close anyway?
          </Trans>
        </Text>
      )}
      {asked.topicRequired && <TopicChoice chosen={topicIds} missing={missing} onChange={setTopicIds} />}
      <Group justify="flex-end" gap="sm">
        {asked.waiting ? (
          <>
            <Button type="submit" variant="default" loading={busy}>
              <Trans>Close anyway</Trans>
            </Button>
            <Button onClick={onCancel} data-autofocus={!asked.topicRequired || undefined}>
              <Trans>Keep it open</Trans>
            </Button>
          </>
        ) : (
          <>
            <Button variant="subtle" color="gray" onClick={onCancel}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={busy}>
              {asked.next ? <Trans>Close and next</Trans> : <Trans>Close</Trans>}
            </Button>
          </>
        )}
      </Group>
    </Form>
  )
}

type ChoiceProps = { chosen: string[]; missing: boolean; onChange: (topicIds: string[]) => void }

function TopicChoice({ chosen, missing, onChange }: ChoiceProps) {
  const { t } = useLingui()
  const all = useQuery(topicsQuery)
  return (
    <ResourceState
      query={all}
      isEmpty={(topics) => topics.length === 0}
      empty={
        <Text size="sm" mb="lg">
          <Trans>A topic is required, and there is none yet. Ask an administrator to add one.</Trans>
        </Text>
      }
    >
      {(topics) => (
        <Checkbox.Group
          mb="lg"
          label={t`Choose a topic before closing.`}
          error={missing && chosen.length === 0 ? t`Choose at least one.` : null}
          value={chosen}
          onChange={onChange}
        >
          <Stack className={classes.closingTopics} gap={0} mt="xs">
            {topics.map(({ id, name }, index) => (
              <Checkbox
                key={id}
                className={classes.closingTopic}
                value={id}
                label={name}
                data-autofocus={index === 0 || undefined}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </ResourceState>
  )
}
