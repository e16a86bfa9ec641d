import { Button, Divider, Group, Stack, Text, Textarea } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { PhoneNumber } from "../../../../src/core/carriers/phone-number.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan, useMe } from "../../can.ts"
import { formatPhoneNumber } from "../../field/phone-number.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { toast } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"
import { SmsState } from "./sms-state.tsx"
import { Sheet, useDialog } from "../../field/dialog.tsx"

/** One number: text messages on or off, the answer to HELP. */
export function NumberDrawer({ number, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const can = useCan()
  const home = useMe().organization.country
  const { sent, cap } = number.smsToday
  return (
    <Sheet onClose={onClose} title={<span className="num">{formatPhoneNumber(number.e164, home)}</span>}>
      <Stack gap="lg">
        <Group gap="sm">
          <SmsState number={number} />
          <Text size="sm" c="dimmed">
            {cap === null ? (
              <Trans>{sent} sent today</Trans>
            ) : (
              <Trans>
                {sent} of {cap} sent today
              </Trans>
            )}
          </Text>
        </Group>
        {can("phoneNumber.edit") && <Activation number={number} onClose={onClose} />}
      </Stack>
    </Sheet>
  )
}

function Activation({ number, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const home = useMe().organization.country
  const [helpText, setHelpText] = useState(number.helpText ?? "")
  const active = number.sms === "active"
  const shown = formatPhoneNumber(number.e164, home)
  const after = (text: string) => {
    void client.invalidateQueries()
    toast(text)
    onClose()
  }
  const save = useMutation({
    mutationFn: () => api.put(`/phone-numbers/${number.id}/sms-activation`, { helpText: helpText.trim() || null }),
    onSuccess: () => after(active ? t`${shown} saved.` : t`${shown} takes text messages now.`),
  })
  const end = useMutation({
    mutationFn: () => api.delete(`/phone-numbers/${number.id}/sms-activation`),
    onSuccess: () => after(t`${shown} takes no text messages any more.`),
  })
  const error = save.error ?? end.error
  useDialog(helpText.trim() !== (number.helpText ?? "") && !save.isPending && !end.isPending)
  return (
    <>
      {error && (
        <Refusal>{error instanceof ApiProblem ? (error.errors[0]?.detail ?? error.message) : error.message}</Refusal>
      )}
      <Form onSubmit={() => save.mutate()}>
        <Stack gap="md">
          <Textarea
            label={t`Answer to HELP`}
            description={t`Sent when a customer texts HELP. Empty: the carrier's own answer only. STOP and START are always kept.`}
            autosize
            minRows={2}
            value={helpText}
            onChange={(event) => setHelpText(event.currentTarget.value)}
          />
          <Group>
            <Button type="submit" loading={save.isPending}>
              {active ? <Trans>Save</Trans> : <Trans>Activate SMS</Trans>}
            </Button>
          </Group>
        </Stack>
      </Form>
      {active && (
        <>
          <Divider />
          <div>
            <Text size="sm" c="dimmed" mb="sm">
              <Trans>Without SMS the number stays yours. Its exception ends, past conversations stay.</Trans>
            </Text>
            <Removal
              label={<Trans>Deactivate SMS</Trans>}
              question={t`Deactivate SMS for ${shown}?`}
              pending={end.isPending}
              onConfirm={(close) => end.mutate(undefined, { onSettled: close })}
            >
              <Trans>
                Text messages to {shown} are no longer taken, and nobody can answer from it, until you activate it
                again.
              </Trans>
            </Removal>
          </div>
        </>
      )}
    </>
  )
}
