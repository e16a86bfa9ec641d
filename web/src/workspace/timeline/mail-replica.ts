import type { MailDocument } from "./mail-document.ts"

/** What can change a height and cannot load, run or name anything. */
const kept = ["class", "dir", "align", "valign", "width", "height", "colspan", "rowspan", "cellpadding", "cellspacing"]
const keptOfTables = [...kept, "border"]
/** Elements are made anew by name; what is not of the text is laid out as if it were. */
const known =
  /^(a|abbr|b|blockquote|br|caption|center|code|col|colgroup|dd|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|img|li|ol|p|pre|q|s|small|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul)$/

/**
 * A frame without an origin tells nobody how high it is. So its text is laid out a second time, unseen, at the same
 * width and with the same rules: elements made anew, without addresses and handlers, in a closed shadow root. Tells the
 * height at once and whenever it changes (a picture came, a pane became wider). Returns the way to stop.
 */
export function followHeight(root: ShadowRoot, { body, sheet }: MailDocument, tell: (height: number) => void) {
  const rules = new CSSStyleSheet()
  rules.replaceSync(`:host{all:initial;display:block}${sheet}`)
  root.adoptedStyleSheets = [rules]
  const mail = document.createElement("div")
  mail.className = "mail"
  copyChildren(body, mail)
  root.replaceChildren(mail)
  const measure = () => {
    const { height, width } = mail.getBoundingClientRect()
    const isTooWide = mail.scrollWidth > Math.ceil(width)
    if (width > 0) tell(Math.ceil(height) + (isTooWide ? scrollBarPx : 0))
  }
  measure()
  const observer = new ResizeObserver(measure)
  observer.observe(mail)
  return () => observer.disconnect()
}

const scrollBarPx = 16

function copyChildren(from: Node, to: Element) {
  for (const child of from.childNodes) {
    if (child instanceof Text) to.append(child.data)
    if (!(child instanceof HTMLElement)) continue
    const name = child.localName
    const copy = document.createElement(known.test(name) ? name : "span")
    for (const attribute of name === "table" ? keptOfTables : kept) {
      const value = child.getAttribute(attribute)
      if (value !== null) copy.setAttribute(attribute, value)
    }
    const source = copy instanceof HTMLImageElement ? child.getAttribute("src") : null
    if (source?.startsWith("data:image/")) copy.setAttribute("src", source)
    copyChildren(child, copy)
    to.append(copy)
  }
}
