/** For tests: what a browser may find in no mail, wherever it stands. Answers the first thing that it would run or load, or null. */
export function activePart(html: string): string | null {
  const bare = html.replace(/"[^"]*"/g, '""')
  for (const pattern of tags) if (pattern.test(bare)) return String(pattern)
  for (const pattern of values) if (pattern.test(html)) return String(pattern)
  return null
}

const tags = [
  /<\s*(script|iframe|object|embed|svg|math|form|input|button|meta|link|base|style|video|audio|template|noscript|xmp|plaintext)\b/i,
  /<[^>]*\son[a-z]+\s*=/i,
  /<[^>]*\s(srcset|background|poster|srcdoc|formaction|action)\s*=/i,
]

const values = [
  /\s(href|src)\s*=\s*["']?\s*(javascript|vbscript|data:text|data:image\/svg)/i,
  /<img[^>]*\ssrc\s*=\s*["']?\s*(https?:|\/\/|cid:)/i,
  /\sstyle\s*=\s*"[^"]*(url\s*\(|expression|@import|behavior|position)/i,
]
