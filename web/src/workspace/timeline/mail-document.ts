type Options = {
  /** `data:` addresses of pictures that may be shown, by what the mail calls them. */
  pictures: ReadonlyMap<string, string>
  scheme: "light" | "dark"
  withQuotes: boolean
}

/** A mail that is ready to be shown: its body, inert, and the rules that its look is made of. */
export type MailDocument = { body: HTMLElement; sheet: string }

/** Mail that paints itself is shown on paper; the rest takes the scheme of the page. */
const paints = /(?:^|[\s;"])(?:background(?:-color)?|color)\s*:|bgcolor|<font[^>]+color/i

/** Renamed before the parser sees it: a parsed document, too, reports each of them to the console. */
const styleAttribute = /(<[^<>]*?\s)style=/gi

/** The page's CSP, which a frame inherits, takes no style attribute: they become rules of one sheet. */
export function mailDocument(html: string, { pictures, scheme, withQuotes }: Options): MailDocument {
  const parsed = new DOMParser().parseFromString(html.replace(styleAttribute, "$1data-style="), "text/html")
  const rules: string[] = []
  for (const [index, element] of [...parsed.querySelectorAll<HTMLElement>("[data-style]")].entries()) {
    const style = element.dataset.style ?? ""
    element.removeAttribute("data-style")
    if (/[{}<>]/.test(style)) continue
    element.classList.add(`s${index}`)
    rules.push(`.s${index}{${style}}`)
  }
  for (const image of parsed.querySelectorAll("img")) {
    const name = image.dataset.cid ?? image.dataset.remoteSrc
    const source = name === undefined ? undefined : pictures.get(name)
    if (source) image.setAttribute("src", source)
    else if (!image.getAttribute("src")) image.replaceWith(parsed.createTextNode(image.alt ? `[${image.alt}]` : ""))
  }
  for (const quote of parsed.querySelectorAll(quoted)) {
    const shown = parsed.createElement("blockquote")
    if (withQuotes) shown.append(...quote.childNodes)
    const isMarked = !withQuotes && isFollowed(quote, parsed)
    quote.replaceWith(...(withQuotes ? [shown] : isMarked ? ["[…]"] : []))
  }
  const paper = scheme === "dark" && paints.test(html)
  const [text, ground, link] = paper
    ? ["black", "white", "LinkText"]
    : [token("text"), "transparent", token("accent-text")]
  const sheet = `:root,.mail{color-scheme:${paper ? "light" : scheme}}
body,.mail{display:flow-root;margin:0;${paper ? "padding:12px;" : ""}font:14px/1.45 ${getComputedStyle(document.body).fontFamily};color:${text};background:${ground};overflow-wrap:anywhere}
a{color:${link}}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:8px 0;padding-left:12px;border-left:2px solid GrayText}
${rules.join("\n")}`
  return { body: parsed.body, sheet }
}

const quoted = "details[data-quote]"

/** An answer may stand between and below what it quotes; a place that was left out is then marked. */
function isFollowed(quote: Element, parsed: Document): boolean {
  const after = parsed.createRange()
  after.setStartAfter(quote)
  after.setEnd(parsed.body, parsed.body.childNodes.length)
  return after.toString().trim() !== ""
}

export function hasQuotes(html: string): boolean {
  return /<details\b[^>]*data-quote/i.test(html)
}

/** The text of a frame's page. The frame runs no script and has no origin. */
export function framePage({ body, sheet }: MailDocument, nonce: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style nonce="${nonce}">${sheet}</style></head><body>${body.innerHTML}</body></html>`
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--sb-${name}`).trim()
}

/** Addresses of pictures that lie with others and are loaded only when the reader asks. */
export function remotePictures(html: string): string[] {
  return [
    ...new Set([...html.matchAll(/data-remote-src="([^"]+)"/g)].map(([, url = ""]) => url.replaceAll("&amp;", "&"))),
  ]
}
