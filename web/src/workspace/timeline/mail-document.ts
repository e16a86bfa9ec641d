type Options = {
  nonce: string
  /** `data:` addresses of pictures that may be shown, by what the mail calls them. */
  pictures: ReadonlyMap<string, string>
  scheme: "light" | "dark"
}

/** Mail that paints itself is shown on paper; the rest takes the scheme of the page. */
const paints = /(?:^|[\s;"])(?:background(?:-color)?|color)\s*:|bgcolor|<font[^>]+color/i

/** Renamed before the parser sees it: a parsed document, too, reports each of them to the console. */
const styleAttribute = /(<[^<>]*?\s)style=/gi

/**
 * The document of a mail's frame. The frame runs no script, has no origin, and inherits the page's CSP, which takes no
 * style attribute: they become rules of one sheet with the page's nonce.
 */
export function mailDocument(html: string, { nonce, pictures, scheme }: Options): string {
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
  for (const quote of parsed.querySelectorAll("details[data-quote]")) {
    const summary = parsed.createElement("summary")
    summary.textContent = "…"
    quote.prepend(summary)
  }
  const paper = scheme === "dark" && paints.test(html)
  const [text, ground, link] = paper
    ? ["black", "white", "LinkText"]
    : [token("text"), "transparent", token("accent-text")]
  const sheet = `:root{color-scheme:${paper ? "light" : scheme}}
body{margin:0;${paper ? "padding:12px;" : ""}font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:${text};background:${ground};overflow-wrap:anywhere}
a{color:${link}}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:8px 0;padding-left:12px;border-left:2px solid GrayText}
summary{cursor:pointer;width:32px;text-align:center;border-radius:4px;background:ButtonFace;list-style:none}
${rules.join("\n")}`
  return `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style nonce="${nonce}">${sheet}</style></head><body>${parsed.body.innerHTML}</body></html>`
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

const lineHeightPx = 21
const lettersPerLine = 84

/** A frame without origin tells no height: guessed from what stands in it. */
export function guessedHeight(html: string, pictures: number): number {
  const visible = html.replace(/<details[\s\S]*?<\/details>/g, "<p>…</p>")
  const lines = visible
    .replace(/<(?:br|\/p|\/div|\/tr|\/li|\/h[1-6]|hr)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .split("\n")
    .reduce((sum, line) => sum + Math.ceil(line.trim().length / lettersPerLine), 0)
  const paragraphs = visible.match(/<(?:p|h[1-6]|table|ul|ol)\b/gi)?.length ?? 0
  return lines * lineHeightPx + paragraphs * 16 + pictures * 160 + 16
}
