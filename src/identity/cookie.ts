/** The session's cookie (RFC 6265): our values are base64url, so that nothing needs quoting. */

export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of header?.split(";") ?? []) {
    const at = part.indexOf("=")
    if (at > 0 && part.slice(0, at).trim() === name)
      return part
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1")
  }
  return null
}

/** The name; the prefix makes browsers insist on https where we have it. */
export function cookieNameFor(publicUrl: string): string {
  return `${publicUrl.startsWith("https:") ? "__Secure-" : ""}switchboard.session_token`
}

/** `null` takes it away. */
export function sessionCookie(name: string, token: string | null): string {
  const life = token === null ? "; Max-Age=0" : `; Max-Age=${30 * 86_400}`
  return `${name}=${token ?? ""}${life}; Path=/; HttpOnly; SameSite=Lax${name.startsWith("__Secure-") ? "; Secure" : ""}`
}
