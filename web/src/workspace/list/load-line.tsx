import { Trans } from "@lingui/react/macro"
import { useMe } from "../../can.ts"
import { useAgentSelf } from "../../shell/shell.queries.ts"
import classes from "./list.module.css"

/** How much the person carries: "Messaging 3 of 4 · Mail 2". */
export function LoadLine() {
  const { channelGroups } = useMe()
  const self = useAgentSelf(true).data
  const configured = new Set(channelGroups.filter((each) => each.configured).map((each) => each.group))
  if (!self || configured.size === 0) return <div className={classes.load} />
  const { load, capacity } = self
  return (
    <div className={classes.load}>
      {configured.has("messaging") && (
        <span>
          <Trans>
            Messaging{" "}
            <b className="num">
              {load.messaging} of {capacity.messaging.standard}
            </b>
          </Trans>
        </span>
      )}
      {configured.has("voice") && (
        <span>
          <Trans>
            Voice <b>{load.voice > 0 ? <Trans>busy</Trans> : <Trans>free</Trans>}</b>
          </Trans>
        </span>
      )}
      {configured.has("mail") && (
        <span>
          <Trans>
            Mail <b className="num">{load.mail}</b>
          </Trans>
        </span>
      )}
    </div>
  )
}
