import { MultiSelect, Stack } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { toast } from "../../field/toast.tsx"
import { InboxFields, isComplete } from "./inbox-fields.tsx"
import { agentsOf, usersQuery } from "../users/users.queries.ts"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

const slaMinutesInitial = "1440"

export function NewInbox({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Create Inbox`}>
      <NewInboxForm />
    </Dialog>
  )
}

function NewInboxForm() {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const agents = agentsOf(useQuery(usersQuery).data ?? [])
  const [values, setValues] = useState({ name: "", sla: slaMinutesInitial })
  const [agentIds, setAgentIds] = useState<string[]>([])
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: () => api.post<Inbox>("/inboxes", { name: values.name.trim(), slaMinutesText: values.sla, agentIds }),
    onSuccess: async (inbox) => {
      await client.invalidateQueries({ queryKey: ["inboxes"] })
      toast(t`${inbox.name} created.`)
      await navigate({ to: "/settings/orchestration/inboxes/$inboxId", params: { inboxId: inbox.id } })
    },
  })
  const problem = create.error instanceof ApiProblem ? create.error : null
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (isComplete(values)) create.mutate()
      }}
    >
      <Stack gap="md">
        {create.error && !problem?.errors.length && problem?.code !== "name_taken" && (
          <Refusal>{create.error.message}</Refusal>
        )}
        <InboxFields values={values} onChange={setValues} tried={tried} error={create.error} autoFocus />
        <MultiSelect
          label={t`Agents`}
          description={t`They receive its requests. You can add them later.`}
          searchable
          clearable
          data={agents.map((agent) => ({ value: agent.id, label: `${agent.name} (${agent.email})` }))}
          value={agentIds}
          onChange={setAgentIds}
        />
        <DialogButtons
          pending={create.isPending}
          changed={values.name !== "" || values.sla !== slaMinutesInitial || agentIds.length > 0}
        >
          <Trans>Create Inbox</Trans>
        </DialogButtons>
      </Stack>
    </Form>
  )
}
