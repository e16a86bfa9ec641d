import { Alert, Button, Group, Modal, MultiSelect, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ApiProblem, api } from "../../api.ts"
import { SlaMinutesInput, slaError } from "../../field/sla-minutes-input.tsx"
import { toast } from "../../field/toast.tsx"
import { agentsOf, usersQuery } from "../users/users.queries.ts"

const slaMinutesInitial = "1440"

export function NewInbox({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Modal opened={opened} onClose={onClose} title={t`Create Inbox`} closeButtonProps={{ "aria-label": t`Close` }}>
      <NewInboxForm onClose={onClose} />
    </Modal>
  )
}

function NewInboxForm({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const agents = agentsOf(useQuery(usersQuery).data ?? [])
  const [name, setName] = useState("")
  const [sla, setSla] = useState(slaMinutesInitial)
  const [agentIds, setAgentIds] = useState<string[]>([])
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: () => api.post<Inbox>("/inboxes", { name: name.trim(), slaMinutesText: sla, agentIds }),
    onSuccess: async (inbox) => {
      await client.invalidateQueries({ queryKey: ["inboxes"] })
      toast(t`${inbox.name} created.`)
      await navigate({ to: "/settings/orchestration/inboxes/$inboxId", params: { inboxId: inbox.id } })
    },
  })
  const problem = create.error instanceof ApiProblem ? create.error : null
  const nameError =
    tried && !name.trim()
      ? t`Enter a name.`
      : problem?.code === "name_taken"
        ? t`An Inbox called ${name} exists.`
        : problem?.at("/name")
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (name.trim() && !slaError(sla, true)) create.mutate()
      }}
    >
      <Stack gap="md">
        {create.error && !problem?.errors.length && problem?.code !== "name_taken" && (
          <Alert color="red" variant="light" role="alert" p="sm">
            {create.error.message}
          </Alert>
        )}
        <TextInput
          label={t`Name`}
          data-autofocus
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameError}
        />
        <SlaMinutesInput
          label={t`SLA (minutes)`}
          required
          withHelp
          value={sla}
          onChange={setSla}
          showError={tried}
          serverError={problem?.at("/slaMinutesText")}
        />
        <MultiSelect
          label={t`Agents`}
          description={t`They receive its requests. You can add them later.`}
          searchable
          clearable
          data={agents.map((agent) => ({ value: agent.id, label: `${agent.name} (${agent.email})` }))}
          value={agentIds}
          onChange={setAgentIds}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="subtle" color="gray" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" loading={create.isPending}>
            <Trans>Create Inbox</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
