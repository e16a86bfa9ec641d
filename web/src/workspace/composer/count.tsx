import { Plural, Trans } from "@lingui/react/macro"
import { segmentsOf } from "../../../../src/core/sms/segments.ts"
import classes from "./composer.module.css"

const warnBelow = 500

type Props = { channel: string; text: string; lengthMax: number; files: number }

/** Parts of a text message, as the carrier bills them; elsewhere only what comes near the limit. What is too long says so. */
export function Count({ channel, text, lengthMax, files }: Props) {
  const over = text.length - lengthMax
  if (over > 0)
    return (
      <span className={classes.count} data-over role="status">
        <Plural
          value={over}
          one={`# character too many, at most ${lengthMax}`}
          other={`# characters too many, at most ${lengthMax}`}
        />
      </span>
    )
  if (channel === "sms" && text !== "") {
    const { units, segments, perSegment, remaining } = segmentsOf(text)
    const capacity = segments <= 1 ? perSegment : units + remaining
    return (
      <span className={classes.count}>
        <span className="num">
          {units}/{capacity}
        </span>{" "}
        · {files > 0 ? <Trans>picture message</Trans> : <Plural value={segments} one="# message" other="# messages" />}
      </span>
    )
  }
  if (text.length < lengthMax - warnBelow) return null
  return (
    <span className={classes.count}>
      <span className="num">
        {text.length}/{lengthMax}
      </span>
    </span>
  )
}
