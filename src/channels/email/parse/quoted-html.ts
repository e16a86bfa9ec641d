/** How the quoted history of HTML mails is known: by what mail programs write around it, since nothing else tells it from text. */
export function isQuote({ class: names = "", type = "" }: Readonly<Record<string, string>>): boolean {
  return type === "cite" || /(^|\s)(gmail_quote|yahoo_quoted|moz-cite|protonmail_quote|zmail_extra)(\s|$)/.test(names)
}

const outlookReply = /\bid=["']?(?:appendonsend|divRplyFwdMsg)\b/i
/** Outlook's line above what is answered, in its two colors. */
const outlookLine = /border-top:\s{0,3}solid #(?:E1E1E1|B5C4DF) 1\.0pt/i

/**
 * Outlook puts nothing around what is answered: all that follows its mark, up to the end of what the mark stands in, is
 * put into a fold. The sanitizer closes it.
 */
export function withOutlookFold(html: string): string {
  const mark = outlookReply.exec(html) ?? outlookLine.exec(html)
  const at = mark ? Math.max(html.lastIndexOf("<div", mark.index), html.lastIndexOf("<DIV", mark.index)) : -1
  if (!mark || at < 0 || html.slice(at, mark.index).includes(">")) return html
  const before = html.slice(0, at)
  const wrapper = /<div>\s{0,10}$/i.exec(before.slice(-100))?.[0] ?? ""
  return `${before.slice(0, before.length - wrapper.length)}<details data-quote>${wrapper}${html.slice(at)}`
}

/** A forwarded mail says what its sender wants to be read: it stands in the same box as a quote, and does not fold. */
export function withoutForwardQuote(html: string): string {
  return html.replace(
    /class="gmail_quote[\w ]{0,60}">\s{0,10}(?=<div\b[^>]{0,100}\bclass="gmail_attr"[^>]{0,60}>\s{0,10}-{5})/gi,
    'class="">',
  )
}

/** Whether all that there is to see lies in folds. */
export function isFoldedWhole(safe: string): boolean {
  let depth = 0
  let from = 0
  for (const tag of safe.matchAll(/<(\/?)details\b[^>]*>/g)) {
    if (depth === 0 && showsSomething(safe.slice(from, tag.index))) return false
    depth = Math.max(0, depth + (tag[1] === "/" ? -1 : 1))
    from = tag.index + tag[0].length
  }
  return from > 0 && !showsSomething(safe.slice(from))
}

function showsSomething(html: string): boolean {
  return /<img\b/.test(html) || html.replace(/<[^>]*>|&nbsp;|\s/g, "") !== ""
}
