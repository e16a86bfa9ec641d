import sanitizeHtml from "sanitize-html"
import { htmlLengthMax } from "./limits.ts"
import { isFoldedWhole, isQuote, withoutForwardQuote, withOutlookFold } from "./quoted-html.ts"

const color = [/^#[0-9a-f]{3,8}$/i, /^rgba?\([\d\s.,%]{1,40}\)$/i, /^[a-z]{3,20}$/i]
const length = [/^-?\d{1,4}(\.\d{1,3})?(px|pt|em|rem|%|ex|cm|mm|in)?$/i, /^(auto|inherit|thin|medium|thick)$/i]
const lengths = [
  /^(-?\d{1,4}(\.\d{1,3})?(px|pt|em|rem|%)?|auto)( (-?\d{1,4}(\.\d{1,3})?(px|pt|em|rem|%)?|auto)){0,3}$/i,
]
const word = [/^[a-z-]{2,20}$/i]
const border = [
  /^[\d.]{1,5}(px|pt|em)? [a-z]{3,10}( (#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([\d\s.,%]{1,40}\)))?$/i,
  /^(none|0|0px)$/i,
]

/** No `url()`, no position, no `expression`: what is left colors and aligns. */
const styles = {
  color,
  "background-color": color,
  background: color,
  "font-family": [/^[\w\s,'"-]{1,200}$/],
  "font-size": [...length, ...word],
  "font-weight": [/^\d{3}$/, ...word],
  "font-style": word,
  "line-height": [...length, /^\d(\.\d{1,3})?$/],
  "text-align": word,
  "text-decoration": word,
  "text-transform": word,
  "vertical-align": [...length, ...word],
  "white-space": word,
  width: length,
  height: length,
  "max-width": length,
  "min-width": length,
  margin: lengths,
  "margin-top": length,
  "margin-right": length,
  "margin-bottom": length,
  "margin-left": length,
  padding: lengths,
  "padding-top": length,
  "padding-right": length,
  "padding-bottom": length,
  "padding-left": length,
  border,
  "border-top": border,
  "border-right": border,
  "border-bottom": border,
  "border-left": border,
  "border-color": color,
  "border-collapse": word,
  "border-radius": length,
  display: [/^(block|inline|inline-block|table|table-row|table-cell|none)$/i],
  "list-style-type": word,
}

const tags = [
  ...[
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
  ],
  ...[
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
  ],
  ...[
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
  ],
  ...["summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr"],
]

const options: sanitizeHtml.IOptions = {
  allowedTags: tags,
  allowedAttributes: {
    "*": ["style", "dir", "lang", "title", "align", "valign", "bgcolor", "width", "height"],
    a: ["href", "rel", "target"],
    img: ["src", "alt", "data-cid", "data-remote-src"],
    font: ["color", "face", "size"],
    table: ["border", "cellpadding", "cellspacing"],
    td: ["colspan", "rowspan"],
    th: ["colspan", "rowspan", "scope"],
    ol: ["start", "type", "reversed"],
    details: ["data-quote"],
  },
  allowedStyles: { "*": styles },
  allowedSchemes: ["http", "https", "mailto", "tel"],
  allowedSchemesByTag: { img: ["data"] },
  allowedSchemesAppliedToAttributes: ["href", "src"],
  allowProtocolRelative: false,
  nestingLimit: 100,
  parseStyleAttributes: true,
  disallowedTagsMode: "discard",
  // `noscript`, `svg` and `math` change how their content is read: dropped with what is in them (mutation XSS).
  nonTextTags: [
    "script",
    "style",
    "textarea",
    "option",
    "noscript",
    "svg",
    "math",
    "title",
    "xmp",
    "noembed",
    "noframes",
    "iframe",
    "template",
    "object",
  ],
  transformTags: {
    a: (tagName, attributes) => ({
      tagName,
      attribs: { ...withoutOwnAddress(attributes), rel: "noopener noreferrer nofollow", target: "_blank" },
    }),
    img: (tagName, attributes) => ({ tagName, attribs: withoutLoading(attributes) }),
    blockquote: (tagName, attributes) => (isQuote(attributes) ? folded : { tagName, attribs: attributes }),
    div: (tagName, attributes) => (isQuote(attributes) ? folded : { tagName, attribs: attributes }),
  },
}

/** `details` folds without a script, which the frame does not run. */
const folded = { tagName: "details", attribs: { "data-quote": "" } }

const unfolding: sanitizeHtml.IOptions = {
  ...options,
  transformTags: {
    ...options.transformTags,
    blockquote: (tagName, attribs) => ({ tagName, attribs }),
    div: (tagName, attribs) => ({ tagName, attribs }),
  },
}

/**
 * Customers' HTML, made harmless. Pictures of others become `data-remote-src` and parts of the same mail `data-cid`, so
 * that nothing loads until the page puts a `src`. Quoted history folds, unless there is nothing else to read.
 */
export function safeHtml(html: string): string {
  const given = cutDepth(html.slice(0, htmlLengthMax))
  const safe = sanitizeHtml(withOutlookFold(withoutForwardQuote(given)), options).trim()
  return isFoldedWhole(safe) ? sanitizeHtml(given, unfolding).trim() : safe
}

const depthMax = 1_000

/** The sanitizer is quadratic in depth: what is nested deeper than any mail is cut off with all that follows. */
function cutDepth(html: string): string {
  let depth = 0
  for (const tag of html.matchAll(
    /<(\/?)(div|span|table|tbody|b|i|u|em|strong|font|center|blockquote|section|a|ul|ol|details|small|big|sub|sup)\b/gi,
  )) {
    depth = tag[1] === "/" ? Math.max(0, depth - 1) : depth + 1
    if (depth > depthMax) return html.slice(0, tag.index)
  }
  return html
}

/** A link without a host would lead to a page of ours: a stranger's mail must not name one. */
function withoutOwnAddress({ href, ...attributes }: sanitizeHtml.Attributes): sanitizeHtml.Attributes {
  return href !== undefined && /^\s*(https?|mailto|tel):/i.test(href) ? { href, ...attributes } : attributes
}

/** Marks of ours that the sender wrote himself count only where they say what ours would. */
function withoutLoading({
  src,
  srcset: _,
  "data-remote-src": remote,
  "data-cid": cid,
  ...others
}: sanitizeHtml.Attributes): sanitizeHtml.Attributes {
  const value = src?.trim() ?? ""
  const attributes = {
    ...others,
    ...(remote && /^https?:\/\//i.test(remote) && { "data-remote-src": remote }),
    ...(cid && !/\p{Cc}/u.test(cid) && { "data-cid": cid }),
  }
  if (/^cid:/i.test(value)) return { ...attributes, "data-cid": decoded(value.slice(4)).replace(/\p{Cc}/gu, "") }
  if (/^https?:\/\//i.test(value)) return { ...attributes, "data-remote-src": value }
  if (/^data:image\/(png|gif|jpe?g|webp);base64,[a-z0-9+/=\s]*$/i.test(value)) return { ...attributes, src: value }
  return attributes
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const breaks = /<(?:br|\/p|\/div|\/tr|\/li|\/h[1-6]|\/blockquote|\/table|hr)\b[^>]*>/gi
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " }

/** Readable text of HTML that came out of `safeHtml`. */
export function textOf(safe: string): string {
  return safe
    .replace(breaks, "\n")
    .replace(/<[^>]{0,100000}>/g, "")
    .replace(/&(amp|lt|gt|quot|apos|nbsp|#39);/g, (_, name: string) => entities[name] ?? "'")
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
}
