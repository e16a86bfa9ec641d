import EmailReplyParser from "email-reply-parser"
import { quoteLengthMax, quoteLinesMax } from "./limits.ts"

/** Where the trailing quotes and signature begin, so that the timeline can fold them; null where nothing is to fold. */
export function foldFrom(text: string): number | null {
  const head = firstLines(text.slice(0, quoteLengthMax), quoteLinesMax)
  const fragments = new EmailReplyParser().read(head).getFragments()
  let last = fragments.length
  while (last > 0 && (fragments[last - 1]?.isHidden() || fragments[last - 1]?.isEmpty())) last--
  if (last === fragments.length || last === 0) return null
  const shown = fragments[last - 1]?.getContent().trim()
  if (!shown) return null
  // The parser normalizes line ends, so offsets are found again by the last line that stays.
  const lastLine = shown.slice(shown.lastIndexOf("\n") + 1).trimEnd()
  const hidden = fragments.slice(last).find((fragment) => !fragment.isEmpty())
  const firstHidden = hidden?.getContent().trim().split("\n", 1)[0]?.trim()
  if (!firstHidden) return null
  const from = text.lastIndexOf(lastLine, head.length)
  const at = text.indexOf(firstHidden, from < 0 ? 0 : from + lastLine.length)
  return at <= 0 ? null : at
}

function firstLines(text: string, linesMax: number): string {
  let at = -1
  for (let line = 0; line < linesMax; line++) {
    at = text.indexOf("\n", at + 1)
    if (at < 0) return text
  }
  return text.slice(0, at)
}
