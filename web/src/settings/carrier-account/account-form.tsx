import { PasswordInput, Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { CarrierAccount } from "../../../../src/core/carriers/carrier-account.ts"
import { ApiProblem, api } from "../../api.ts"
import { isConflict } from "../../field/conflict.tsx"
import { Form, Refusal } from "../../field/form.tsx"
import { toast } from "../../field/toast.tsx"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

type Props = { opened: boolean; onClose: () => void /** Absent: a new one. */; account?: CarrierAccount }

/** SID and token of a Twilio account; the token is written only. */
export function AccountForm({ opened, onClose, account }: Props) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={account ? account.name : t`Connect Twilio`}>
      <Fields onClose={onClose} account={account} />
    </Dialog>
  )
}

function Fields({ onClose, account }: Omit<Props, "opened">) {
  const { t } = useLingui()
  const client = useQueryClient()
  // As it was when the window opened: what is saved meanwhile is not written over.
  const [version] = useState(account?.version)
  const [name, setName] = useState(account?.name ?? "Twilio")
  const [accountSid, setAccountSid] = useState(account?.accountSid ?? "")
  const [authToken, setAuthToken] = useState("")
  const [tried, setTried] = useState(false)
  const save = useMutation({
    mutationFn: () => {
      const common = { name: name.trim(), accountSid: accountSid.trim(), ...(authToken ? { authToken } : {}) }
      return account
        ? api.patch<CarrierAccount>(`/carrier-accounts/${account.id}`, common, version)
        : api.post<CarrierAccount>("/carrier-accounts", { carrier: "twilio", ...common })
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: ["carrier-accounts"] })
      toast(t`${saved.name} saved. The token is not shown again.`)
      onClose()
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const refused = problem?.errors.find((error) => error.code === "credentials_refused")
  const changed = name !== (account?.name ?? "Twilio") || accountSid !== (account?.accountSid ?? "") || authToken !== ""
  const complete = name.trim() && accountSid.trim() && (account || authToken)
  return (
    <Form
      autoComplete="off"
      onSubmit={() => {
        setTried(true)
        if (complete) save.mutate()
      }}
    >
      <Stack gap="md">
        {save.error && (
          <Refusal>
            {refused ? (
              <Trans>Twilio refused this SID and token. Copy both again from its console.</Trans>
            ) : isConflict(save.error) ? (
              <Trans>
                Somebody changed this account meanwhile. Nothing was stored: close this window and open it again.
              </Trans>
            ) : (
              save.error.message
            )}
          </Refusal>
        )}
        <TextInput
          label={t`Name`}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem?.at("/name")}
        />
        <TextInput
          label={t`Account SID`}
          description={t`Begins with AC.`}
          value={accountSid}
          onChange={(event) => setAccountSid(event.currentTarget.value)}
          error={(tried && !accountSid.trim() && t`Enter the SID.`) || problem?.at("/accountSid")}
        />
        <PasswordInput
          label={t`Auth token`}
          description={
            account ? t`Leave it empty to keep the one that is stored.` : t`Stored encrypted, never shown again.`
          }
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t`Show token` }}
          value={authToken}
          onChange={(event) => setAuthToken(event.currentTarget.value)}
          error={(tried && !account && !authToken && t`Enter the token.`) || problem?.at("/authToken")}
        />
        <DialogButtons pending={save.isPending} changed={changed}>
          {account ? <Trans>Save</Trans> : <Trans>Connect</Trans>}
        </DialogButtons>
      </Stack>
    </Form>
  )
}
