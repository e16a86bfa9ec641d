import type { WidgetBootstrap } from "../../src/core/chat/chat-app.ts"
import type { PreviewFrame, PreviewScene } from "../../src/core/chat/widget-protocol.ts"
import { Chat } from "./chat.ts"
import type { Server } from "./server.ts"
import { type Draft, Storage } from "./storage.ts"
import { mount } from "./view/mount.tsx"

/** In the frame of our settings: shows what they say at every moment, and asks the server for nothing. */
export function showPreviews(server: (appId: string) => Server, origin: string): void {
  let chat: PreviewChat | null = null
  let host: HTMLElement | null = null
  addEventListener("message", ({ data, source, origin: from }: MessageEvent<PreviewFrame | undefined>) => {
    if (source !== parent || from !== origin || data?.type !== "switchboard:preview") return
    chat ??= new PreviewChat(data.app, server(data.app.appId))
    chat.play(data)
    host ??= mount(chat, { launcher: true })
    // Not the reader's own: how it looks to visitors of either kind.
    for (const element of [host, document.documentElement]) element.style.setProperty("color-scheme", data.scheme)
    host.dataset.scheme = data.scheme
  })
  parent.postMessage({ type: "switchboard:preview-ready" }, origin)
}

/** A chat that nobody hears: what is written stands there as sent, and is forgotten with the scene. */
class PreviewChat extends Chat {
  #scene: PreviewScene | null = null
  #asked = ""

  constructor(app: WidgetBootstrap, server: Server) {
    super({ app, server, identity: null, emit: () => undefined, storage: new Storage(app.appId, false) })
    this.connected = true
  }

  play({ app, scene, sample }: PreviewFrame): void {
    const isClosed = scene === "closed"
    // A scene out of hours while it is open now: when it opens again is not known.
    this.app = { ...app, open: !isClosed, nextChangeAt: isClosed && !app.open ? app.nextChangeAt : null }
    this.state = { ...this.state, open: !isClosed }
    const asked = JSON.stringify(app.questions)
    if (scene !== this.#scene || asked !== this.#asked) this.#set(scene, sample)
    this.#asked = asked
    this.changed()
  }

  override connect(): void {}

  override write(text: string): void {
    if (this.asksFirst) {
      const draft: Draft = { clientId: "", text, attachmentIds: [], files: [], at: "", status: "held" }
      this.storage.change({ outbox: [draft] })
    } else this.#say(text)
    this.changed()
  }

  override answer({ email }: { email?: string }): void {
    const { outbox } = this.storage.value
    this.storage.change({ asked: true, outbox: [], ...(email && { email }) })
    for (const { text } of outbox) this.#say(text)
    this.changed()
  }

  override end(): void {
    this.state = { ...this.state, status: "ended" }
    this.changed()
  }

  override upload(): Promise<string> {
    return Promise.reject(new Error("Files stay out of a preview."))
  }

  #set(scene: PreviewScene, sample: string): void {
    this.#scene = scene
    this.items.clear()
    this.storage.forget()
    this.storage.change({ outbox: [] })
    this.state = { ...this.state, status: "idle" }
    if (scene === "questions") this.write(sample)
    this.open = scene !== "button"
    this.takesFocus = false
  }

  #say(text: string): void {
    const seq = this.items.size + 1
    const at = new Date().toISOString()
    this.items.set(seq, { seq, id: String(seq), from: "visitor", agentName: null, text, attachments: [], at })
    this.state = { ...this.state, status: "waiting", served: true }
  }
}
