import { readFile, stat } from "node:fs/promises"
import { join, normalize, sep } from "node:path"
import type { FastifyReply } from "fastify"
import { newSecret } from "../ids.ts"
import { problem } from "../problem.ts"

/** The place in `index.html` where each answer puts its nonce. */
const noncePlace = /__CSP_NONCE__/g

/**
 * The built pages: files of `dist/web`, and `index.html` for every other path, since the router lives in the browser.
 * Files under assets/ carry a hash in their name and may be kept for ever.
 */
export function webFiles(
  root: string | null,
  config: { publicUrl: string },
): (path: string, reply: FastifyReply) => Promise<FastifyReply> {
  let index: { text: string; changedMs: number } | null = null

  async function page(reply: FastifyReply): Promise<FastifyReply> {
    if (root === null) throw problem("route_not_found")
    const file = join(root, "index.html")
    const found = await stat(file).catch(() => null)
    if (!found) throw problem("route_not_found")
    if (index?.changedMs !== found.mtimeMs) index = { text: await readFile(file, "utf8"), changedMs: found.mtimeMs }
    const nonce = newSecret(16)
    return reply
      .header("content-security-policy", policy(nonce, config.publicUrl))
      .header("x-frame-options", "DENY")
      .header("cross-origin-opener-policy", "same-origin")
      .header("permissions-policy", "camera=(), geolocation=(), payment=()")
      .type("text/html; charset=utf-8")
      .send(index.text.replace(noncePlace, nonce))
  }

  return async (path, reply) => {
    const name = fileNameOf(path)
    if (root === null || name === null || name === "index.html") return page(reply)
    const found = await stat(join(root, name)).catch(() => null)
    if (!found?.isFile()) {
      if (/^assets\/|\.\w{1,8}$/.test(name)) throw problem("route_not_found")
      return page(reply)
    }
    reply.header("cache-control", name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache")
    return reply.sendFile(name, root, { cacheControl: false })
  }
}

/** The path below the root, or null for what is no name of a file there. */
function fileNameOf(path: string): string | null {
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return null
  }
  if (decoded.includes("\0") || decoded.includes("\\")) return null
  const name = normalize(decoded).replace(/^\/+/, "")
  return name === "" || name.startsWith("..") || name.split(sep).some((part) => part.startsWith(".")) ? null : name
}

function policy(nonce: string, publicUrl: string): string {
  const socket = publicUrl.replace(/^http/, "ws")
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob: data:",
    "font-src 'self' data:",
    `connect-src 'self' ${socket}`,
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ")
}
