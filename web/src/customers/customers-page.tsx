import { Trans, useLingui } from "@lingui/react/macro"
import { useTitle } from "../shell/page-title.ts"

/** All customers, found by name, address or words. */
export function CustomersPage() {
  const { t } = useLingui()
  useTitle(t`Customers`)
  return (
    <h1>
      <Trans>Customers</Trans>
    </h1>
  )
}
