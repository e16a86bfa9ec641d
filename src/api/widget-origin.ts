import type { FastifyReply, FastifyRequest } from "fastify"
import type { LiveChatApp } from "../channels/chat/live-chat-app.ts"
import { problem } from "../problem.ts"

export type WidgetOrigins = { publicUrl: string; sandboxOrigin: string }

/**
 * Sites that may embed a chat app: those it lists, or any where it lists none (S56); our own pages and the sandbox's
 * always. Others: 403 `origin_not_allowed`. Without credentials, so the origin is echoed and nothing else.
 */
export function admitOrigin(
  { publicUrl, sandboxOrigin }: WidgetOrigins,
  app: LiveChatApp,
  request: FastifyRequest,
  reply?: FastifyReply,
): void {
  const { origin } = request.headers
  const { allowedOrigins } = app.settings
  // A GET on our own pages carries no Origin.
  const isOwn =
    origin === new URL(publicUrl).origin ||
    (origin === undefined && request.headers["sec-fetch-site"] === "same-origin")
  const listed =
    allowedOrigins.length === 0 || allowedOrigins.some((one) => one.toLowerCase() === origin?.toLowerCase())
  reply?.header("vary", "Origin")
  if (!isOwn && origin !== sandboxOrigin && !listed) throw problem("origin_not_allowed")
  if (origin === undefined) return
  reply?.headers({
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "Retry-After, X-Request-Id, RateLimit, RateLimit-Policy",
  })
}
