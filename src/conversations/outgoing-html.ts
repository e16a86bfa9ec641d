import sanitizeHtml from "sanitize-html"

/** What the composer makes, and nothing else: an agent's paste must not carry scripts or trackers to a customer. */
export function cleanOutgoingHtml(html: string): string {
  return sanitizeHtml(html, {
    allowedTags: [
      "p",
      "br",
      "b",
      "strong",
      "i",
      "em",
      "u",
      "s",
      "a",
      "ul",
      "ol",
      "li",
      "blockquote",
      "code",
      "pre",
      "h1",
      "h2",
      "h3",
      "hr",
      "span",
      "div",
    ],
    allowedAttributes: { a: ["href"] },
    allowedSchemes: ["http", "https", "mailto", "tel"],
    disallowedTagsMode: "discard",
  })
}

/** What a reader without HTML sees. */
export function textOfHtml(html: string): string {
  const broken = html
    .replaceAll(/<(br|hr)\s*\/?>/gi, "\n")
    .replaceAll(/<li\b[^<>]*>/gi, "\n- ")
    .replaceAll(/<\/(p|div|blockquote|h1|h2|h3|pre|ul|ol)>/gi, "\n\n")
  const text = sanitizeHtml(broken, { allowedTags: [], allowedAttributes: {} })
  return decode(text)
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim()
}

const entities: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
}

function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity)
}
