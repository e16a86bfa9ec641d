import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { type Mailbox, readMailAddress } from "../../../../src/core/mailboxes/mailbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { CopyField } from "../../field/copy-field.tsx"
import { AddWarning } from "../settings-page.tsx"

type Result = { address: string; mailbox: Mailbox | null; problem: string | null }

/** One address or many, one per line; each line gets its own result (S26). */
export function AddAddresses({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t`Add addresses`}
      size="lg"
      closeButtonProps={{ "aria-label": t`Close` }}
    >
      <Form onClose={onClose} />
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [text, setText] = useState("")
  const [senderName, setSenderName] = useState("")
  const [tried, setTried] = useState(false)
  const lines = linesOf(text)
  const wrong = lines.filter((line) => readMailAddress(line) === null)
  const add = useMutation({
    mutationFn: () => addAll(lines, senderName.trim()),
    onSuccess: () => {
      for (const key of ["mailboxes", "entry-points", "channel-routings", "entry-points-overview", "channels", "me"])
        void client.invalidateQueries({ queryKey: [key] })
    },
  })
  if (add.data) return <Results results={add.data} onClose={onClose} onAgain={() => add.reset()} />
  const firstWrong = wrong[0] ?? ""
  const lineError =
    tried && lines.length === 0
      ? t`Enter at least one address.`
      : tried && wrong.length > 0
        ? t`"${firstWrong}" is no address. Write one per line, such as support@example.com.`
        : undefined
  const upper = lines.find((line) => line !== line.toLowerCase())
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (lines.length > 0 && wrong.length === 0) add.mutate()
      }}
    >
      <Stack gap="md">
        <AddWarning />
        <Textarea
          label={t`Addresses`}
          description={upper ? t`Saved as ${upper.toLowerCase()}` : t`One per line.`}
          inputWrapperOrder={["label", "input", "error", "description"]}
          autosize
          minRows={3}
          maxRows={10}
          data-autofocus
          placeholder={"support@example.com\nbilling@example.com"}
          value={text}
          onChange={(event) => {
            setTried(false)
            setText(event.currentTarget.value)
          }}
          error={lineError}
        />
        <TextInput
          label={t`Sender name`}
          description={t`What customers see before the address, such as Retale Support.`}
          maxLength={100}
          value={senderName}
          onChange={(event) => setSenderName(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" color="gray" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" loading={add.isPending}>
            {lines.length > 1 ? <Trans>Add {lines.length} addresses</Trans> : <Trans>Add address</Trans>}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Results({ results, onClose, onAgain }: { results: Result[]; onClose: () => void; onAgain: () => void }) {
  const { t } = useLingui()
  const added = results.filter((result) => result.mailbox).length
  const failed = results.length - added
  return (
    <Stack gap="md">
      <Text size="sm" role="status">
        <Plural value={added} one="# address added." other="# addresses added." />{" "}
        {failed > 0 && <Plural value={failed} one="# was not." other="# were not." />}{" "}
        <Trans>Now tell your mail host to forward each to its target:</Trans>
      </Text>
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {results.map((result) => (
          <Group key={result.address} component="li" justify="space-between" gap="sm">
            <Group gap={6} wrap="nowrap">
              {result.mailbox ? (
                <IconCircleCheck size={16} color="var(--sb-ok)" aria-label={t`Added`} />
              ) : (
                <IconAlertTriangle size={16} color="var(--sb-overdue)" aria-label={t`Not added`} />
              )}
              <Text size="sm" fw={500}>
                {result.address}
              </Text>
            </Group>
            {result.mailbox ? (
              <CopyField
                value={result.mailbox.forwardingAddress}
                label={t`forwarding target of ${result.address}`}
                mono
              />
            ) : (
              <Text size="sm" c="var(--sb-overdue)">
                {result.problem}
              </Text>
            )}
          </Group>
        ))}
      </Stack>
      <Group justify="flex-end" gap="sm">
        {failed > 0 && (
          <Button variant="default" onClick={onAgain}>
            <Trans>Back to the list</Trans>
          </Button>
        )}
        <Button onClick={onClose}>
          <Trans>Done</Trans>
        </Button>
      </Group>
    </Stack>
  )
}

/** One after the other: one that fails does not keep the others out. */
async function addAll(addresses: string[], senderName: string): Promise<Result[]> {
  const results: Result[] = []
  for (const typed of addresses) {
    const address = typed.toLowerCase()
    try {
      results.push({ address, mailbox: await api.post<Mailbox>("/mailboxes", { address, senderName }), problem: null })
    } catch (error) {
      const detail = error instanceof ApiProblem ? (error.errors[0]?.detail ?? error.message) : String(error)
      results.push({ address, mailbox: null, problem: detail })
    }
  }
  return results
}

function linesOf(text: string): string[] {
  const lines = text.split(/[\s,;]+/).map((line) => line.trim())
  return [...new Set(lines.filter(Boolean))]
}
