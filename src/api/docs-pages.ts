import { createHash } from "node:crypto"
import { problemCodes } from "../problem.ts"
import type { Route } from "./route.ts"

const style =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}code{font-size:.9em}a{color:#0b57d0}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}a{color:#8ab4f8}}"

/** For the policy of these pages, which allow this style and nothing else. */
export const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`

/** /docs: every path with what it needs; the whole is /openapi.json. */
export function docsPage(routes: readonly Route[]): string {
  const rows = routes
    .toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method))
    .map((route) => {
      const action = typeof route.action === "string" ? route.action : `${route.action.me} (me), ${route.action.others}`
      const notes = [
        route.versioned && "If-Match",
        route.idempotent && "Idempotency-Key",
        route.list && "limit, cursor",
      ]
        .filter(Boolean)
        .join(", ")
      return `<tr><td><code>${route.method}</code></td><td><code>/api${escapeHtml(route.path)}</code></td><td><code>${escapeHtml(action)}</code></td><td>${escapeHtml(notes)}</td><td>${escapeHtml(route.summary ?? "")}</td></tr>`
    })
  return page(
    "Switchboard API",
    `<p>The whole description, made from the schemas that validate: <a href="/openapi.json">/openapi.json</a>. What can go wrong: <a href="/docs/problems">/docs/problems</a>.</p>
<table><thead><tr><th scope="col">Method</th><th scope="col">Path</th><th scope="col">Action</th><th scope="col">Takes</th><th scope="col">What it does</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
  )
}

/** /docs/problems: what `type` of a problem points to. */
export function problemsPage(): string {
  const rows = Object.entries(problemCodes).map(
    ([code, { status, title, whatToDo }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td><td>${escapeHtml(whatToDo)}</td></tr>`,
  )
  return page(
    "Problem codes",
    `<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">What to do</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
  )
}

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1>${main}</main></body></html>`
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
