import { Button, Group, Stack, Text } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Role } from "../../../../src/core/permissions.ts"
import { ApiProblem, api } from "../../api.ts"
import { AddressLines } from "../../field/address-lines.tsx"
import { CopyField } from "../../field/copy-field.tsx"
import { FocusedHeading } from "../../field/focused-heading.tsx"
import { Form, Refusal } from "../../field/form.tsx"
import { readAddressLines } from "../../field/read-address-lines.ts"
import classes from "../settings.module.css"
import { InboxChoice } from "./inbox-choice.tsx"
import { RoleChoice } from "./role-choice.tsx"
import type { Invitation } from "./users.queries.ts"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

/** Several at once; each gets a link of his own, also shown here to be copied. */
export function InvitePeople({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Invite people`} size="lg">
      <InviteForm onClose={onClose} />
    </Dialog>
  )
}

function InviteForm({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [text, setText] = useState("")
  const [roles, setRoles] = useState<Role[]>(["agent"])
  const [inboxIds, setInboxIds] = useState<string[]>([])
  const [tried, setTried] = useState(false)
  const { addresses, wrong } = readAddressLines(text)
  const emails = [...new Set(addresses.map((address) => address.toLowerCase()))]
  const invite = useMutation({
    mutationFn: () => api.post<{ items: Invitation[] }>("/invitations", { emails, roles, inboxIds }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["invitations"] })
      void client.invalidateQueries({ queryKey: ["users"] })
    },
  })
  if (invite.data) return <Invited invitations={invite.data.items} onClose={onClose} />
  const problem = invite.error instanceof ApiProblem ? invite.error : null
  const refused = problem?.errors.filter((error) => error.pointer?.startsWith("#/emails/")) ?? []
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (emails.length > 0 && wrong.length === 0 && roles.length > 0) invite.mutate()
      }}
    >
      <Stack gap="md">
        {invite.error && refused.length === 0 && <Refusal>{invite.error.message}</Refusal>}
        <AddressLines
          label={t`E-mail addresses`}
          description={t`One per line, or separated by commas.`}
          placeholder={"ana@example.com\nben@example.com"}
          value={text}
          onChange={(typed) => {
            setTried(false)
            invite.reset()
            setText(typed)
          }}
          showError={tried}
          serverError={refused.map((error) => error.detail).join(" ") || undefined}
        />
        <RoleChoice
          value={roles}
          onChange={setRoles}
          error={(tried && roles.length === 0 && t`Choose at least one role.`) || problem?.at("/roles")}
        />
        <InboxChoice value={inboxIds} onChange={setInboxIds} />
        <DialogButtons pending={invite.isPending} changed={text.trim() !== "" || inboxIds.length > 0}>
          {emails.length > 1 ? <Trans>Send {emails.length} invitations</Trans> : <Trans>Send invitation</Trans>}
        </DialogButtons>
      </Stack>
    </Form>
  )
}

export function Invited({ invitations, onClose }: { invitations: Invitation[]; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Stack gap="md">
      <FocusedHeading as="p" role="status" className={classes.lead}>
        <Plural value={invitations.length} one="# invitation is on its way." other="# invitations are on their way." />{" "}
        <Trans>
          You can also hand over the links yourself. Each works once and for 24 hours, and is shown only now.
        </Trans>
      </FocusedHeading>
      {invitations.map((invitation) => (
        <div key={invitation.id}>
          <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
            {invitation.email}
          </Text>
          {invitation.link && <CopyField value={invitation.link} label={t`link for ${invitation.email}`} mono />}
        </div>
      ))}
      <Group justify="flex-end">
        <Button onClick={onClose}>
          <Trans>Done</Trans>
        </Button>
      </Group>
    </Stack>
  )
}
