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
<aside class="note" aria-label="About this page">This page plays a customer's site and embeds the chat app <b>${escaped(name)}</b>. What is written here is marked as a test.</aside>
<header><strong>${escaped(company)}</strong><nav aria-label="Shop"><a href="#new">New</a><a href="#coats">Coats</a><a href="#shoes">Shoes</a></nav></header>
<main>
<div class="picture">${coat}</div>
<div>
<h1>Harbor rain coat</h1>
<p class="price">$189</p>
<p>Waxed cotton with taped seams, cut long enough for the bicycle. Made to last: every zip and button can be replaced.</p>
<dl>
<dt>Colors</dt><dd>Olive, navy, black</dd>
<dt>Sizes</dt><dd>XS to XXL</dd>
<dt>Delivery</dt><dd>In stock, with you in two days</dd>
<dt>Returns</dt><dd>Free for 30 days</dd>
</dl>
<p class="ask">Not sure about the size? Ask us in the chat.</p>
</div>
</main>
<script nonce="${nonce}">window.switchboardConfig = { appId: "${appId}", autoShowWidget: location.search.includes("show") }</script>
<script nonce="${nonce}" src="${escaped(publicUrl)}/widget/switchboard.js" async></script>
</body>
</html>
`
}

const coat = `<svg viewBox="0 0 200 240" role="img" aria-label="An olive rain coat with a hood">
<g fill="var(--cloth)" stroke="var(--seam)" stroke-width="3" stroke-linejoin="round">
<path d="M62 46 30 74 12 150l26 8 14-50z"/><path d="m138 46 32 28 18 76-26 8-14-50z"/>
<path d="M58 44h84l10 178q-52 14-104 0z"/><path d="M100 10c26 0 44 16 44 36q-44 22-88 0c0-20 18-36 44-36z"/>
<path d="M100 22c16 0 28 10 28 24q-28 14-56 0c0-14 12-24 28-24z" fill="var(--seam)"/>
</g>
<g fill="none" stroke="var(--seam)" stroke-width="3" stroke-linecap="round"><path d="M100 56v168"/><path d="M64 150h24v30H62zm72 0h-24v30h26z" stroke-linejoin="round"/></g>
<g fill="var(--ground)"><circle cx="108" cy="78" r="3"/><circle cx="108" cy="106" r="3"/><circle cx="108" cy="134" r="3"/></g>
</svg>`

function missing(nonce: string): string {
  return `${head("Not here", nonce)}
<body><main><div><h1>Nothing is here</h1><p>There is no such chat app, or the sandbox of its organization is switched off.</p></div></main></body>
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
body { --ground: #faf8f4; --card: #efebe3; --text: #24221e; --dim: #625d53; --line: #ddd7cb; --cloth: #5d6b4a; --seam: #45513a;
  margin: 0; font: 16px/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; background: var(--ground); color: var(--text) }
@media (prefers-color-scheme: dark) { body { --ground: #191815; --card: #24221e; --text: #f1eee8; --dim: #b5afa3; --line: #3a372f; --cloth: #7d8d66; --seam: #5d6b4a } }
.note { margin: 0; padding: 8px 24px; font-size: 13px; line-height: 20px; color: var(--dim); border-bottom: 1px solid var(--line) }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 32px; max-width: 1040px; margin: 0 auto; padding: 20px 24px }
header strong { font-size: 20px; letter-spacing: -.01em }
nav { display: flex; gap: 24px }
nav a { padding: 8px 0 }
a { color: inherit; text-underline-offset: 3px }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 32px 56px; align-items: center; max-width: 1040px; margin: 12px auto 112px; padding: 0 24px }
.picture { display: grid; place-items: center; min-height: 280px; border-radius: 16px; background: var(--card) }
.picture svg { width: min(60%, 260px); height: auto; margin: 32px 0 }
h1 { margin: 0; font-size: 32px; line-height: 1.2; letter-spacing: -.02em }
.price { margin: 8px 0 16px; font-size: 20px; font-weight: 600 }
dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 24px; margin: 24px 0; padding: 16px 0; border-block: 1px solid var(--line); font-size: 15px }
dt { color: var(--dim) }
dd { margin: 0 }
.ask { color: var(--dim) }
</style>
</head>`
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
