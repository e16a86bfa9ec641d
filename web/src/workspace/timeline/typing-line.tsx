import { Trans } from "@lingui/react/macro"
import { isCustomerTyping, useTyping } from "../typing.ts"
import classes from "./timeline.module.css"

export function TypingLine({ conversationId, customerName }: { conversationId: string; customerName: string }) {
  const name = useTyping(conversationId)
  if (!name) return null
  return (
    <div className={classes.typing}>
      <span className={classes.dots} aria-hidden>
        <i />
        <i />
        <i />
      </span>
      <Trans>{isCustomerTyping(conversationId) ? customerName : name} is writing</Trans>
    </div>
  )
}
