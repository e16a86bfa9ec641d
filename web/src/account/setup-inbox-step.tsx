import { Button, Group, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { ApiProblem, api } from "../api.ts"
import { meQuery } from "../can.ts"
import { FocusedHeading } from "../field/focused-heading.tsx"
import { Form, Refusal } from "../field/form.tsx"
import { SlaMinutesInput, slaError } from "../field/sla-minutes-input.tsx"
import classes from "./account.module.css"

/** Step 3: the first Inbox; the person who sets up is its first member. */
export function SetupInboxStep({ onDone }: { onDone: () => void }) {
  const { t } = useLingui()
  const me = useQuery(meQuery).data
  const [name, setName] = useState("General Support")
  const [sla, setSla] = useState("1440")
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: () =>
      api.post("/inboxes", { name: name.trim(), slaMinutesText: sla, agentIds: me ? [me.user.id] : [] }),
    onSuccess: onDone,
  })
  const problem = create.error instanceof ApiProblem ? create.error : null
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (name.trim() && !slaError(sla, true)) create.mutate()
      }}
    >
      <FocusedHeading className={classes.title}>
        <Trans>First Inbox</Trans>
      </FocusedHeading>
      <p className={classes.lead}>
        <Trans>
          An Inbox is a queue with people in it. Every request lands in exactly one. You are its first member.
        </Trans>
      </p>
      <Stack gap="md" maw={420}>
        {create.error && !problem?.errors.length && <Refusal>{create.error.message}</Refusal>}
        <TextInput
          label={t`Name`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={tried && !name.trim() ? t`Enter a name.` : problem?.at("/name")}
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
        <Group justify="space-between">
          <Button variant="subtle" onClick={onDone}>
            <Trans>Skip</Trans>
          </Button>
          <Button type="submit" loading={create.isPending}>
            <Trans>Next</Trans>
          </Button>
        </Group>
      </Stack>
    </Form>
  )
}
