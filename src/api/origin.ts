import type { IncomingHttpHeaders } from "node:http"
import { problem } from "../problem.ts"

/**
 * Whether a browser made this request on one of our own pages, or no browser did. The cookie is SameSite=Lax; this is
 * the second lock: `Sec-Fetch-Site`, else the host of `Origin`; where both are absent no browser is at work.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin" || site === "none"
  return isOwnHost(headers, publicUrl)
}

/** For WebSocket upgrades, which carry `Origin` and no `Sec-Fetch-Site`. */
export function isOwnHost(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  if (headers.origin === undefined) return true
  const host = URL.parse(headers.origin)?.host
  return host !== undefined && (host === URL.parse(publicUrl)?.host || host === headers.host)
}

const safeMethods = ["GET", "HEAD", "OPTIONS"]

/** Only for requests that a cookie signs in; bearer requests need none of this. */
export function refuseForeign(method: string, headers: IncomingHttpHeaders, publicUrl: string): void {
  if (!safeMethods.includes(method) && !isOwnOrigin(headers, publicUrl)) throw problem("origin_not_allowed")
}
