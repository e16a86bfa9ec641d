import { Autocomplete, Select, Stack, Textarea } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import type { PhoneNumber } from "../../../../src/core/carriers/phone-number.ts"
import { ApiProblem, api } from "../../api.ts"
import { useMe } from "../../can.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { formatPhoneNumber } from "../../field/phone-number.ts"
import { toast } from "../../field/toast.tsx"
import { CreateInbox } from "../create-inbox.tsx"
import { AddWarning } from "../settings-page.tsx"
import { carrierAccountsQuery, carrierNumbersQuery } from "./sms.queries.ts"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

/** Takes a number that the carrier account owns and switches text messages on: from then on it is an entry point. */
export function AddNumber({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Add SMS number`} size="lg">
      <AddNumberForm onClose={onClose} />
    </Dialog>
  )
}

function AddNumberForm({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const home = useMe().organization.country
  const accounts = useQuery(carrierAccountsQuery).data ?? []
  const [accountId, setAccountId] = useState<string | null>(null)
  const account = accounts.find((each) => each.id === accountId) ?? accounts[0]
  const numbers = useQuery({ ...carrierNumbersQuery(account?.id ?? ""), enabled: account !== undefined })
  const [typed, setTyped] = useState("")
  const [helpText, setHelpText] = useState("")
  const [tried, setTried] = useState(false)
  const choices = (numbers.data ?? []).filter((each) => each.capabilities.sms && !each.adopted)
  const add = useMutation({
    mutationFn: async () => {
      const e164 = choices.find((each) => formatPhoneNumber(each.e164, home) === typed)?.e164 ?? typed.trim()
      // Whoever is quicker than the list of accounts must not press in vain.
      const from = account ?? (await client.ensureQueryData(carrierAccountsQuery))[0]
      const number = await adopt(from?.id, e164)
      await api.put(`/phone-numbers/${number.id}/sms-activation`, helpText.trim() ? { helpText: helpText.trim() } : {})
      return number
    },
    onSuccess: (number) => {
      toast(t`${formatPhoneNumber(number.e164, home)} takes text messages now.`)
      onClose()
    },
    onSettled: () => {
      for (const key of [
        "phone-numbers",
        "carrier-accounts",
        "entry-points",
        "channel-routings",
        "entry-points-overview",
        "channels",
        "me",
      ])
        void client.invalidateQueries({ queryKey: [key] })
    },
  })
  const problem = add.error instanceof ApiProblem ? add.error : null
  const numberError =
    tried && !typed.trim()
      ? t`Choose or type a number.`
      : problem?.code === "number_owned"
        ? problem.body.phoneNumberId
          ? t`This number takes text messages already.`
          : t`This number is in use already. Choose another one.`
        : problem?.at("/e164")
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (typed.trim()) add.mutate()
      }}
    >
      <Stack gap="md">
        <AddWarning />
        {(add.error || numbers.error) && !numberError && (
          <Refusal>
            {problem?.code === "default_inbox_missing" ? (
              <>
                <Trans>Create an Inbox first: a text message must go somewhere.</Trans> <CreateInbox />
              </>
            ) : (
              (add.error ?? numbers.error)?.message
            )}
          </Refusal>
        )}
        <Select
          label={t`Carrier account`}
          allowDeselect={false}
          data={accounts.map((each) => ({ value: each.id, label: each.name }))}
          value={account?.id ?? null}
          onChange={(id) => {
            setAccountId(id)
            setTyped("")
          }}
          description={
            <Link to="/settings/channels/carrier-account" className="link">
              <Trans>Connect another carrier account</Trans>
            </Link>
          }
        />
        <Autocomplete
          label={t`Number`}
          description={
            account?.carrier === "sandbox"
              ? t`Choose one, or type any number of the United States or Canada: the sandbox has them all.`
              : t`Numbers that this account owns and that can do text messages.`
          }
          data={choices.map((each) => formatPhoneNumber(each.e164, home))}
          limit={30}
          openOnFocus={false}
          data-autofocus
          value={typed}
          onChange={(value) => {
            setTyped(value)
            add.reset()
          }}
          error={numberError}
        />
        <Textarea
          label={t`Answer to HELP`}
          description={t`Sent when a customer texts HELP. Empty: the carrier's own answer only.`}
          autosize
          minRows={2}
          value={helpText}
          onChange={(event) => setHelpText(event.currentTarget.value)}
        />
        <DialogButtons pending={add.isPending} changed={typed !== "" || helpText !== ""}>
          <Trans>Add and activate</Trans>
        </DialogButtons>
      </Stack>
    </Form>
  )
}

/** A number that is ours and takes no text messages yet, as after a first try that failed, is taken as it is. */
async function adopt(carrierAccountId: string | undefined, e164: string): Promise<PhoneNumber> {
  try {
    return await api.post<PhoneNumber>("/phone-numbers", { carrierAccountId, e164, origin: "adopted" })
  } catch (error) {
    const ours = error instanceof ApiProblem && error.code === "number_owned" && error.body.phoneNumberId
    if (typeof ours !== "string") throw error
    const owned = await api.get<PhoneNumber>(`/phone-numbers/${ours}`)
    if (owned.sms === "active") throw error
    return owned
  }
}
