import { Trans, useLingui } from "@lingui/react/macro"
import { useTitle } from "../shell/page-title.ts"

/** The phone in the browser: a page where one plays the customer. */
export function PhonePage() {
  const { t } = useLingui()
  useTitle(t`Test phone`)
  return (
    <h1>
      <Trans>Test phone</Trans>
    </h1>
  )
}
