import "@fontsource-variable/inter/wght.css"
import "@mantine/core/styles.css"
import "@mantine/notifications/styles.css"
import "./global.css"
import { i18n } from "@lingui/core"
import { compileMessage } from "@lingui/message-utils/compileMessage"
import { I18nProvider } from "@lingui/react"
import { MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { z } from "zod"
import { messages } from "./locales/en.po"
import { makeQueryClient } from "./query-client.ts"
import { makeRouter } from "./router.tsx"
import { cssVariablesResolver, theme } from "./theme.ts"

// The CSP forbids `eval`; without it Zod would try once and be reported.
z.config({ jitless: true })
// A text that was not extracted yet is compiled here, so that its numbers and plurals are right too.
i18n.setMessagesCompiler(compileMessage)
i18n.loadAndActivate({ locale: "en", messages })

const client = makeQueryClient(() => {
  if (!/^\/(login|setup|invitation|password|forgot-password)/.test(window.location.pathname)) {
    void router.navigate({ to: "/login", search: { to: window.location.pathname + window.location.search } })
  }
})
const router = makeRouter(client)
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ""
// The scroll lock of dialogs makes a style element of its own and finds its nonce only here.
Object.assign(globalThis, { __webpack_nonce__: nonce })

const container = document.getElementById("root")
if (!container) throw new Error("index.html has no #root")
createRoot(container).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariablesResolver}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={client}>
          {/* No wider than the list of work, so that it never covers a composer. */}
          <Notifications position="bottom-left" limit={3} containerWidth={296} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  </StrictMode>,
)
