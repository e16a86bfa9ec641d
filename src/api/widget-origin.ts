import type { FastifyReply, FastifyRequest } from "fastify"
import type { LiveChatApp } from "../channels/chat/live-chat-app.ts"
import { problem } from "../problem.ts"

export type WidgetOrigins = { publicUrl: string; sandboxOrigin: string }

/** On the page of the sandbox, while the company has it: what is written there is a test. */
export function isSandbox({ sandboxOrigin }: WidgetOrigins, app: LiveChatApp, request: FastifyRequest): boolean {
  return app.sandboxEnabled && request.headers.origin === sandboxOrigin
}

/**
 * Sites that may embed a chat app: those it lists, or any where it lists none (S56); our own pages and the sandbox's
 * always. Others: 403 `origin_not_allowed`. Without credentials, so the origin is echoed and nothing else.
 */
export function admitOrigin(
  origins: WidgetOrigins,
  app: LiveChatApp,
  request: FastifyRequest,
  reply?: FastifyReply,
): void {
  const { origin } = request.headers
  const { allowedOrigins } = app.settings
  // A GET on our own pages carries no Origin.
  const isOwn =
    origin === new URL(origins.publicUrl).origin ||
    (origin === undefined && request.headers["sec-fetch-site"] === "same-origin")
  const listed =
    allowedOrigins.length === 0 || allowedOrigins.some((one) => one.toLowerCase() === origin?.toLowerCase())
  reply?.header("vary", "Origin")
  if (!isOwn && !isSandbox(origins, app, request) && !listed) throw problem("origin_not_allowed")
  if (origin === undefined) return
  reply?.headers({
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "Retry-After, X-Request-Id, RateLimit, RateLimit-Policy",
  })
}
