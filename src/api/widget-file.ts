import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import type { FastifyReply, FastifyRequest } from "fastify"
import { problem } from "../problem.ts"

/** The one file that customers' sites load; short-lived in their caches, so that a new version is there within minutes. */
export function widgetFile(
  dir: string | null,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  let held: { text: string; etag: string; changedMs: number } | null = null
  return async (request, reply) => {
    const path = join(dir ?? "", "switchboard.js")
    const found = dir === null ? null : await stat(path).catch(() => null)
    if (!found) throw problem("route_not_found")
    if (held?.changedMs !== found.mtimeMs) {
      const text = await readFile(path, "utf8")
      held = {
        text,
        etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`,
        changedMs: found.mtimeMs,
      }
    }
    reply.headers({
      "cache-control": "public, max-age=300",
      "cross-origin-resource-policy": "cross-origin",
      "access-control-allow-origin": "*",
      etag: held.etag,
    })
    if (request.headers["if-none-match"] === held.etag) return reply.code(304).send()
    return reply.type("text/javascript; charset=utf-8").send(held.text)
  }
}
