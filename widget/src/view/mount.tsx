/** @jsxImportSource preact */
import { render } from "preact"
import { useEffect, useLayoutEffect, useReducer } from "preact/hooks"
import type { Chat } from "../chat.ts"
import { textOn } from "../color.ts"
import { styles } from "../styles.ts"
import { english } from "../texts.ts"
import { Launcher } from "./launcher.tsx"
import { Panel } from "./panel.tsx"

/** Puts the widget into the page, behind a shadow root; answers the element that is there of it. */
export function mount(chat: Chat, options: { launcher: boolean }): HTMLElement {
  const host = document.createElement("switchboard-chat")
  // What the page says of unknown elements does not hide it.
  host.style.setProperty("all", "initial", "important")
  const shadow = host.attachShadow({ mode: "open" })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  shadow.adoptedStyleSheets = [sheet]
  document.body.append(host)
  render(<Widget chat={chat} launcher={options.launcher} shadow={shadow} />, shadow)
  return host
}

function Widget({ chat, launcher, shadow }: { chat: Chat; launcher: boolean; shadow: ShadowRoot }) {
  const [, again] = useReducer((count: number) => count + 1, 0)
  useLayoutEffect(() => chat.subscribe(() => again(undefined)), [chat])
  useEffect(() => {
    const seen = () => chat.sayRead()
    document.addEventListener("visibilitychange", seen)
    addEventListener("popstate", () => chat.sayPage())
    return () => document.removeEventListener("visibilitychange", seen)
  }, [chat])
  const { appearance } = chat.app
  const side = appearance.position === "bottom_left" ? "left" : "right"
  const close = () => {
    chat.show(false)
    queueMicrotask(() =>
      (
        shadow.querySelector<HTMLElement>(".launcher") ??
        document.querySelector<HTMLElement>("[data-switchboard-button]")
      )?.focus(),
    )
  }
  return (
    <div class="root" ref={(root) => colors(root, appearance.color)}>
      {chat.open && <Panel chat={chat} side={side} texts={english} onClose={close} />}
      {launcher && (
        <Launcher chat={chat} side={side} texts={english} onClick={() => (chat.open ? close() : chat.show(true))} />
      )}
    </div>
  )
}

/** By script: a style attribute would need the page's leave. */
function colors(root: HTMLElement | null, accent: string): void {
  root?.style.setProperty("--accent", accent)
  root?.style.setProperty("--on-accent", textOn(accent))
}
