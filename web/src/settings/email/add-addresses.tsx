import { Button, Group, Stack, Text, TextInput } from "@mantine/core"
import { t } from "@lingui/core/macro"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Mailbox } from "../../../../src/core/mailboxes/mailbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { AddressLines } from "../../field/address-lines.tsx"
import { CopyField } from "../../field/copy-field.tsx"
import { FocusedHeading } from "../../field/focused-heading.tsx"
import { Form } from "../../field/form.tsx"
import { readAddressLines } from "../../field/read-address-lines.ts"
import classes from "../settings.module.css"
import { AddWarning } from "../settings-page.tsx"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

type Result = { address: string; mailbox: Mailbox | null; problem: string | null }

/** One address or many, one per line; each line gets its own result (S26). */
export function AddAddresses({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Add addresses`} size="lg">
      <AddForm onClose={onClose} />
    </Dialog>
  )
}

function AddForm({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [text, setText] = useState("")
  const [senderName, setSenderName] = useState("")
  const [tried, setTried] = useState(false)
  const { addresses: lines, wrong } = readAddressLines(text)
  const add = useMutation({
    mutationFn: () => addAll(lines, senderName.trim()),
    onSuccess: () => {
      for (const key of ["mailboxes", "entry-points", "channel-routings", "entry-points-overview", "channels", "me"])
        void client.invalidateQueries({ queryKey: [key] })
    },
  })
  const again = () => {
    setText((add.data ?? []).flatMap(({ address, mailbox }) => (mailbox ? [] : [address])).join("\n"))
    setTried(false)
    add.reset()
  }
  if (add.data) return <Results results={add.data} onClose={onClose} onAgain={again} />
  const upper = lines.find((line) => line !== line.toLowerCase())
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (lines.length > 0 && wrong.length === 0) add.mutate()
      }}
    >
      <Stack gap="md">
        <AddWarning />
        <AddressLines
          label={t`Addresses`}
          description={upper ? t`Saved as ${upper.toLowerCase()}` : t`One per line.`}
          placeholder={"support@example.com\nbilling@example.com"}
          value={text}
          onChange={(typed) => {
            setTried(false)
            setText(typed)
          }}
          showError={tried}
        />
        <TextInput
          label={t`Sender name`}
          description={t`What customers see before the address, such as Retale Support.`}
          maxLength={100}
          value={senderName}
          onChange={(event) => setSenderName(event.currentTarget.value)}
        />
        <DialogButtons pending={add.isPending} changed={text.trim() !== "" || senderName !== ""}>
          {lines.length > 1 ? <Trans>Add {lines.length} addresses</Trans> : <Trans>Add address</Trans>}
        </DialogButtons>
      </Stack>
    </Form>
  )
}

function Results({ results, onClose, onAgain }: { results: Result[]; onClose: () => void; onAgain: () => void }) {
  const { t } = useLingui()
  const added = results.filter((result) => result.mailbox).length
  const failed = results.length - added
  return (
    <Stack gap="md">
      <FocusedHeading as="p" role="status" className={classes.lead}>
        <Plural value={added} one="# address added." other="# addresses added." />{" "}
        {failed > 0 && <Plural value={failed} one="# was not." other="# were not." />}{" "}
        {added > 0 && <Trans>Now tell your mail host to forward each to its target:</Trans>}
      </FocusedHeading>
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {results.map((result) => (
          <Group key={result.address} component="li" justify="space-between" gap="sm">
            <Group gap={6} wrap="nowrap">
              {result.mailbox ? (
                <IconCircleCheck size={16} color="var(--sb-ok)" aria-label={t`Added`} />
              ) : (
                <IconAlertTriangle size={16} color="var(--sb-overdue)" aria-label={t`Not added`} />
              )}
              <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
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
            {failed > 1 ? <Trans>Correct the {failed} others</Trans> : <Trans>Correct the other one</Trans>}
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
      results.push({ address, mailbox: null, problem: detailOf(error) })
    }
  }
  return results
}

function detailOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error)
  if (error.code === "address_taken") return t`This address is in use already.`
  if (error.code === "default_inbox_missing") return t`Create an Inbox first: its mail must go somewhere.`
  return error.errors[0]?.detail ?? error.message
}
