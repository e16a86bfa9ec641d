import EmailReplyParser from "email-reply-parser"
import { quoteLengthMax, quoteLinesMax } from "./limits.ts"

/** Where the trailing quotes and signature begin, so that the timeline can fold them; null where nothing is to fold. */
export function foldFrom(text: string): number | null {
  const head = firstLines(text.slice(0, quoteLengthMax), quoteLinesMax)
  const fragments = new EmailReplyParser().read(head).getFragments()
  let last = fragments.length
  while (last > 0 && (fragments[last - 1]?.isHidden() || fragments[last - 1]?.isEmpty())) last--
  if (last === fragments.length) return null
  // The parser joins and breaks lines: places are found again by what is not white space, which it leaves as it is.
  const all = fragments.map((fragment) => fragment.getContent())
  const shown = inkOf(all.slice(0, last).join(""))
  if (shown === 0 || inkOf(all.join("")) !== inkOf(head)) return null
  const at = placeOfInk(head, shown)
  return at === null ? null : withAttribution(text, at)
}

function inkOf(text: string): number {
  return text.replace(/\s/g, "").length
}

/** Where the character stands that has `count` others before it, white space left out; null where there is none. */
function placeOfInk(text: string, count: number): number | null {
  let seen = 0
  for (let at = 0; at < text.length; at++) {
    if (!/\S/.test(text[at] ?? "")) continue
    if (seen === count) return at
    seen++
  }
  return null
}

const attributionLinesMax = 3
const attributionLengthMax = 400

/**
 * The line above a quote that says whose it is, in any language and over up to three lines: it ends with a colon and holds
 * a time of day or a year. The parser knows it in the commonest form of some languages.
 */
function withAttribution(text: string, at: number): number {
  if (text[at] !== ">") return at
  const before = text.slice(0, at).trimEnd()
  if (!before.endsWith(":")) return at
  let start = before.length
  for (let lines = 0; lines < attributionLinesMax && start > 0; lines++) {
    start = before.lastIndexOf("\n", start - 1) + 1
    const attribution = before.slice(start)
    if (attribution.length > attributionLengthMax || /\n\s*\n/.test(attribution)) return at
    if (/\b\d{1,2}[:.h]\d{2}\b|\b(19|20)\d{2}\b/.test(attribution))
      return before.slice(0, start).trim() === "" ? at : start
    start--
  }
  return at
}

function firstLines(text: string, linesMax: number): string {
  let at = -1
  for (let line = 0; line < linesMax; line++) {
    at = text.indexOf("\n", at + 1)
    if (at < 0) return text
  }
  return text.slice(0, at)
}
