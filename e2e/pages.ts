import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright"
import { inject } from "vitest"

/** The one Switchboard that all browser tests share. */
export function switchboard(): { url: string; sandboxOrigin: string; smtpPort: number; setupCode: string } {
  return inject("switchboard")
}

let connected: Promise<Browser> | undefined

/** The one browser that all browser tests share. */
export function browser(): Promise<Browser> {
  connected ??= chromium.connect(inject("browserEndpoint"))
  return connected
}

/** A page in a context of its own: nothing of another test's sign-in. Close it with `page.context().close()`. */
export async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await (await browser()).newContext({
    baseURL: switchboard().url,
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    ...options,
  })
  return context.newPage()
}
