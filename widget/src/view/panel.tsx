/** @jsxImportSource preact */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Chat } from "../chat.ts"
import type { Texts } from "../texts.ts"
import { Composer } from "./composer.tsx"
import { EndChat } from "./end-chat.tsx"
import { CloseIcon } from "./icons.tsx"
import { Log } from "./log.tsx"

export function Panel({ chat, side, texts, onClose }: { chat: Chat; side: string; texts: Texts; onClose: () => void }) {
  const [ending, setEnding] = useState(false)
  const panel = useRef<HTMLDivElement>(null)
  const { status } = chat.state
  const begun = status === "waiting" || status === "connected"
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when it opens
  useEffect(() => {
    if (!chat.takesFocus) return
    const field =
      panel.current?.querySelector<HTMLElement>("textarea:not(:disabled)") ??
      panel.current?.querySelector<HTMLElement>(".head button:last-child")
    field?.focus()
  }, [])
  useEffect(() => {
    if (!begun) setEnding(false)
  }, [begun])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return
    event.stopPropagation()
    if (ending) setEnding(false)
    else onClose()
  }
  return (
    <div
      class={`panel ${side}`}
      role="dialog"
      aria-label={texts.title(chat.app.company)}
      ref={panel}
      onKeyDown={onKeyDown}
    >
      <div class="head">
        <Logo key={chat.logoUrl} url={chat.logoUrl} />
        <div>
          <strong>{chat.app.company}</strong>
          <span role="status">{headline(chat, texts)}</span>
        </div>
        {begun && (
          <button type="button" onClick={() => setEnding(true)}>
            {texts.end}
          </button>
        )}
        <button type="button" aria-label={texts.close} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {!chat.connected && (chat.storage.value.outbox.length > 0 || chat.items.size > 0) && (
        <div class="offline" role="status">
          {navigator.onLine === false ? texts.offline : texts.connecting}
        </div>
      )}
      <Log chat={chat} texts={texts} />
      <div class="foot">
        {ending ? (
          <EndChat chat={chat} texts={texts} onDone={() => setEnding(false)} />
        ) : (
          <Composer chat={chat} texts={texts} />
        )}
      </div>
    </div>
  )
}

/** The company's name stands beside it. A page whose policy forbids the picture shows the name alone. */
function Logo({ url }: { url: string | null }) {
  const [shown, setShown] = useState(true)
  return url && shown ? <img src={url} alt="" onError={() => setShown(false)} /> : null
}

function headline(chat: Chat, texts: Texts): string {
  const { status, agent, estimatedWaitSeconds, queuePosition } = chat.state
  const minutes = estimatedWaitSeconds === null ? null : Math.max(1, Math.round(estimatedWaitSeconds / 60))
  if (status === "connected" && agent) return texts.with(agent.name)
  if (status === "waiting" && queuePosition !== null)
    return minutes === null ? texts.place(queuePosition) : texts.about(minutes, queuePosition)
  if (status === "waiting") return texts.waiting
  if (chat.closed)
    return chat.app.nextChangeAt && !chat.app.open ? texts.closedUntil(shownTime(chat.app.nextChangeAt)) : texts.closed
  return minutes === null ? texts.replies : texts.usually(minutes)
}

/** In the visitor's own zone: "Mon 9:00". */
function shownTime(at: string): string {
  return new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" }).format(
    new Date(at),
  )
}
