/** @jsxImportSource preact */
import type { Chat } from "../chat.ts"
import type { Texts } from "../texts.ts"
import { BubbleIcon, CloseIcon } from "./icons.tsx"

export function Launcher({
  chat,
  side,
  texts,
  onClick,
}: {
  chat: Chat
  side: string
  texts: Texts
  onClick: () => void
}) {
  const { button, text } = chat.app.appearance
  const { unread, open } = chat
  const label = text || texts.open
  const isText = button === "text" && !open
  const name = open ? texts.close : unread > 0 ? `${label}, ${texts.unread(unread)}` : label
  return (
    <button
      type="button"
      class={`launcher ${side} ${isText ? "" : "icon"} ${open ? "under" : ""}`}
      aria-expanded={open}
      aria-haspopup="dialog"
      aria-label={name}
      onClick={onClick}
    >
      {isText ? label : open ? <CloseIcon /> : <BubbleIcon />}
      {!open && unread > 0 && (
        <span class="badge" aria-hidden="true">
          {unread > 9 ? "9+" : unread}
        </span>
      )}
    </button>
  )
}
