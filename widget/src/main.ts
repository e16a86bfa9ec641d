import { Chat, type ChatEvent } from "./chat.ts"
import { bindButtons } from "./custom-buttons.ts"
import { isShownOn } from "./display-rules.ts"
import { mount } from "./view/mount.tsx"
import { showPreviews } from "./preview.ts"
import { type Identity, Server } from "./server.ts"

type Config = {
  appId: string
  /** Opens the panel at once. */
  autoShowWidget?: boolean
  /** A signed-in customer, signed by the site's server. */
  identity?: Identity
}

type Listener = (detail: object) => void

declare global {
  interface Window {
    switchboardConfig?: Config
    Switchboard?: typeof api
  }
}

const script = document.currentScript as HTMLScriptElement | null
/** Where Switchboard is: the script stands at /widget/switchboard.js below it. */
const base = script ? new URL("..", script.src).href.replace(/\/$/, "") : location.origin
const listeners = new Map<ChatEvent, Set<Listener>>()
let chat: Chat | null = null
let starting: Promise<void> | null = null

function emit(event: ChatEvent, detail: object): void {
  for (const listener of listeners.get(event) ?? []) listener(detail)
}

async function start({ appId, autoShowWidget = false, identity }: Config): Promise<void> {
  const server = new Server(base, appId)
  const app = await server.bootstrap()
  if (!isShownOn(app.display, location.href)) return
  chat = new Chat({ app, server, identity: identity ?? null, emit })
  const hasButtons = bindButtons(chat)
  mount(chat, { launcher: !hasButtons })
  emit("availability:change", { available: app.open && app.accepting })
  // A full screen is opened by a touch only, not by every page that is gone to.
  const isPhone = matchMedia("(max-width: 480px), (max-height: 480px)").matches
  if (autoShowWidget || (chat.storage.value.open && !isPhone)) chat.show(true, false)
}

/** What a page may call: `window.Switchboard`. */
const api = {
  /** Once; a second call answers the first one's promise. */
  init(config: Config): Promise<void> {
    starting ??= start(config)
    return starting
  },
  show(): void {
    void starting?.then(() => chat?.show(true))
  },
  on(event: ChatEvent, listener: Listener): void {
    const all = listeners.get(event) ?? new Set()
    all.add(listener)
    listeners.set(event, all)
  },
  /** A greeting of the site's own choosing opens the chat. */
  applyCampaign(id: string): void {
    emit("campaign:triggered", { id })
    api.show()
  },
}

if (!window.Switchboard) {
  window.Switchboard = api
  const config = window.switchboardConfig
  if (script?.dataset.preview !== undefined) showPreviews((appId) => new Server(base, appId), new URL(base).origin)
  else if (config?.appId) api.init(config).catch(() => undefined)
}
