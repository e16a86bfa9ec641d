import type { FastifyReply } from "fastify"
import { newSecret } from "../ids.ts"

/**
 * The page in which settings show the widget while it is edited (`widget/src/preview.ts`): it gets everything from the
 * page around it and asks us for nothing but the script and the logo. An origin of its own by its policy, as a
 * customer's site would be.
 */
export function sendPreviewPage(reply: FastifyReply): FastifyReply {
  const nonce = newSecret(16)
  return reply
    .headers({
      "content-security-policy": [
        "default-src 'none'",
        "script-src 'self'",
        `style-src 'nonce-${nonce}'`,
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-scripts allow-forms allow-popups",
      ].join("; "),
      "cache-control": "no-store",
    })
    .type("text/html; charset=utf-8")
    .send(page(nonce))
}

function page(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Preview of the chat</title>
<style nonce="${nonce}">
:root { color-scheme: light dark }
body { margin: 0; background: Canvas }
main { display: grid; gap: 16px; padding: 32px 24px }
i { display: block; height: 12px; border-radius: 6px; background: color-mix(in srgb, CanvasText 9%, transparent) }
i:nth-child(1) { height: 28px; width: 45% }
i:nth-child(2) { height: 160px; border-radius: 8px }
i:nth-child(4) { width: 80% }
i:nth-child(5) { width: 62% }
</style>
</head>
<body>
<main aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></main>
<script src="/widget/switchboard.js" data-preview></script>
</body>
</html>
`
}
