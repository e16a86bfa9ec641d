import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { CarrierAccount } from "../../../../src/core/carriers/carrier-account.ts"
import { api } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"

/** Refused by the server while numbers of the account are in use. */
export function DeleteAccount({ account }: { account: CarrierAccount }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.delete(`/carrier-accounts/${account.id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["carrier-accounts"] }),
    onError: toastProblem,
  })
  return (
    <Removal
      size="xs"
      label={<Trans>Remove account</Trans>}
      question={t`Remove ${account.name}?`}
      pending={remove.isPending}
      onConfirm={(close) => remove.mutate(undefined, { onSettled: close })}
    >
      <Trans>The token is deleted here. Your account at the company stays as it is.</Trans>
    </Removal>
  )
}
