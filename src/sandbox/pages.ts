import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { newSecret } from "../ids.ts"
import type { Store } from "../store/write.ts"

/**
 * The sandbox's pages on an origin of their own: `GET /{appId}` is a plain shop page with the snippet of a chat app, as a
 * customer's site would have it, while the organization's sandbox is on. Its policy is as strict as a careful site's.
 */
export interface SandboxPages {
  /** Answers the port. */
  listen(port: number, host: string): Promise<number>
  close(): Promise<void>
}

export function createSandboxPages({
  store,
  publicUrl,
  onError,
}: {
  store: Store
  publicUrl: string
  onError: (error: unknown) => void
}): SandboxPages {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/"
    const appId = /^\/([a-z0-9]{4,64})$/.exec(path)?.[1]
    const answer = async () => {
      const app = appId && (request.method === "GET" || request.method === "HEAD") ? await find(store, appId) : null
      const nonce = newSecret(16)
      response.writeHead(app ? 200 : 404, {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
        "content-security-policy": policy(nonce, publicUrl),
      })
      response.end(app ? page(app, publicUrl, nonce) : missing(nonce))
    }
    answer().catch((error: unknown) => {
      onError(error)
      if (!response.headersSent) response.writeHead(503, { "retry-after": "1" })
      response.end()
    })
  })
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", reject)
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type PageApp = { appId: string; name: string; company: string }

async function find({ db }: Store, appId: string): Promise<PageApp | null> {
  const row = await db
    .selectFrom("chatApps")
    .innerJoin("organizations", "organizations.id", "chatApps.orgId")
    .select(["chatApps.appId", "chatApps.name", "organizations.name as company"])
    .where("chatApps.appId", "=", appId)
    .where("chatApps.deletedAt", "is", null)
    .where("organizations.sandboxEnabled", "=", true)
    .executeTakeFirst()
  return row ?? null
}

function policy(nonce: string, publicUrl: string): string {
  const { origin } = new URL(publicUrl)
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${origin}`,
    `style-src 'nonce-${nonce}'`,
    `connect-src ${origin} ${origin.replace(/^http/, "ws")}`,
    `img-src ${origin} data: blob:`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ")
}

/** The snippet of chat-apps.ts with the nonce that this page's policy asks for; `?show` opens the chat at once. */
function page({ appId, name, company }: PageApp, publicUrl: string, nonce: string): string {
  return `${head(`${company}: a page of another site`, nonce)}
<body>
<header><strong>${escaped(company)}</strong><nav><a href="#new">New</a><a href="#coats">Coats</a><a href="#shoes">Shoes</a></nav></header>
<main>
<h1>Harbor rain coat</h1>
<p>Waxed cotton, made to last. In stock, delivered in two days.</p>
<p class="note">This page plays a customer's site and embeds the chat app ${escaped(name)}. What is written here is marked as a test.</p>
</main>
<script nonce="${nonce}">window.switchboardConfig = { appId: "${appId}", autoShowWidget: location.search.includes("show") }</script>
<script nonce="${nonce}" src="${escaped(publicUrl)}/widget/switchboard.js" async></script>
</body>
</html>
`
}

function missing(nonce: string): string {
  return `${head("Not here", nonce)}
<body><main><h1>Nothing is here</h1><p>There is no such chat app, or the sandbox of its organization is switched off.</p></main></body>
</html>
`
}

function head(title: string, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>${escaped(title)}</title>
<style nonce="${nonce}">
:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.6 Georgia, serif; background: Canvas; color: CanvasText }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; padding: 16px 24px; border-bottom: 1px solid color-mix(in srgb, CanvasText 15%, transparent) }
nav { display: flex; gap: 16px }
a { color: inherit }
main { max-width: 640px; margin: 48px auto; padding: 0 24px }
.note { font-size: 14px; opacity: .75 }
</style>
</head>`
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
