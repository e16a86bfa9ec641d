/** @jsxImportSource preact */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { WidgetItem } from "../../../src/core/chat/widget-protocol.ts"
import type { Chat } from "../chat.ts"
import type { Draft } from "../storage.ts"
import type { Texts } from "../texts.ts"
import { FileLink, TextWithLinks } from "./content.tsx"
import { Questions } from "./questions.tsx"

/** Everything that was said, and what waits to be sent, oldest first; new things are read out politely. */
export function Log({ chat, texts }: { chat: Chat; texts: Texts }) {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const items = [...chat.items.values()].sort((a, b) => a.seq - b.seq)
  const { outbox } = chat.storage.value
  const lastOwn = items.findLast((item) => item.from === "visitor")
  useLayoutEffect(() => {
    const element = box.current
    if (element && atEnd.current) element.scrollTop = element.scrollHeight
  })
  const onScroll = () => {
    const element = box.current
    if (element) atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40
  }
  return (
    <div
      class="log"
      role="log"
      aria-live="polite"
      aria-label={texts.message}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      ref={box}
      onScroll={onScroll}
    >
      {chat.app.greeting && <div class="greeting">{chat.app.greeting}</div>}
      {items.length === 0 && outbox.length === 0 && !chat.closed && <QuickActions chat={chat} />}
      {items.map((item, index) => (
        <Message key={item.seq} item={item} follows={sameSide(items[index - 1], item)} texts={texts} />
      ))}
      {outbox.length === 0 && lastOwn && items.at(-1) === lastOwn && (
        <div class="status">{chat.agentReadSeq >= lastOwn.seq ? texts.read : texts.sent}</div>
      )}
      {outbox.map((draft) => (
        <Waiting key={draft.clientId} draft={draft} chat={chat} texts={texts} last={draft === outbox.at(-1)} />
      ))}
      {chat.typing !== null && (
        <div class="dots">
          <span class="hidden">{texts.typing(chat.typing || texts.agent)}</span>
          <i />
          <i />
          <i />
        </div>
      )}
      {chat.state.status === "ended" && items.length > 0 && outbox.length === 0 && (
        <div class="notice">{texts.ended}</div>
      )}
      <Notices chat={chat} texts={texts} />
    </div>
  )
}

function sameSide(before: WidgetItem | undefined, item: WidgetItem): boolean {
  return before !== undefined && before.from === item.from && before.agentName === item.agentName
}

function Message({ item, follows, texts }: { item: WidgetItem; follows: boolean; texts: Texts }) {
  const mine = item.from === "visitor"
  const who = mine ? texts.you : (item.agentName ?? texts.agent)
  return (
    <div class={`message ${mine ? "mine" : ""} ${follows ? "next" : ""}`}>
      <div class={mine || follows ? "hidden" : "name"}>{who}</div>
      {item.text && (
        <div class="bubble">
          <TextWithLinks text={item.text} />
        </div>
      )}
      {item.attachments.map((file) => (
        <FileLink key={file.url} file={file} />
      ))}
    </div>
  )
}

function Waiting({ draft, chat, texts, last }: { draft: Draft; chat: Chat; texts: Texts; last: boolean }) {
  return (
    <>
      <div class="message mine">
        <div class="hidden">{texts.you}</div>
        {draft.text && <div class="bubble">{draft.text}</div>}
        {draft.files.map((name) => (
          <span class="file" key={name}>
            {name}
          </span>
        ))}
      </div>
      {draft.status === "failed" ? (
        <div class="status bad">
          {texts.notSent}{" "}
          <button type="button" class="link" onClick={() => chat.retry(draft.clientId)}>
            {texts.tryAgain}
          </button>
          {draft.detail && <div>{draft.detail}</div>}
        </div>
      ) : (
        last &&
        draft.status !== "held" && <div class="status">{draft.status === "sent" ? texts.sent : texts.sending}</div>
      )}
    </>
  )
}

function QuickActions({ chat }: { chat: Chat }) {
  const { quickActions } = chat.app
  if (quickActions.length === 0) return null
  return (
    <div class="quick">
      {quickActions.map(({ label, text, url }) =>
        url ? (
          <a class="chip" key={label} href={url} target="_blank" rel="noopener">
            {label}
          </a>
        ) : (
          <button type="button" class="chip" key={label} onClick={() => chat.write(text, [])}>
            {label}
          </button>
        ),
      )}
    </div>
  )
}

const slowSecondsMin = 120

/** What the customer is told besides: questions, that nobody is there, that it is closed. */
function Notices({ chat, texts }: { chat: Chat; texts: Texts }) {
  const { status, served, estimatedWaitSeconds } = chat.state
  const { asked, outbox, email } = chat.storage.value
  const waiting = status === "waiting"
  const slow = useSlow(waiting ? Math.max(slowSecondsMin, estimatedWaitSeconds ?? 0) : null)
  const { questions } = chat.app
  const asks = questions.name !== "off" || questions.email !== "off"
  const wrote = chat.items.size > 0 || outbox.some((draft) => draft.status !== "held")
  const held = outbox.some((draft) => draft.status === "held")
  if (held || (asks && !asked && wrote && !chat.identity)) {
    return (
      <Questions
        texts={texts}
        why={held ? texts.askFirst : served || !waiting ? texts.askWhy : texts.nobody}
        ask={questions}
        required={held}
        onAnswer={(answer) => chat.answer(answer)}
      />
    )
  }
  if (waiting && (!served || slow)) {
    const why = served ? texts.slow : texts.nobody
    if (email || chat.identity?.email) {
      return (
        <div class="notice">
          <p>{why}</p>
          <p>{texts.emailLeft(email || chat.identity?.email || "")}</p>
        </div>
      )
    }
    return (
      <Questions
        texts={texts}
        why={`${why} ${texts.leaveEmail}`}
        ask={{ name: "off", email: "required" }}
        required={true}
        onAnswer={(answer) => chat.answer(answer)}
      />
    )
  }
  // The server has taken everything out of it that could run or load.
  if (chat.closed && chat.app.closedText)
    // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitized by the server when it was saved
    return <div class="notice" dangerouslySetInnerHTML={{ __html: chat.app.closedText }} />
  return null
}

/** True once it has lasted so long; null: it does not last. */
function useSlow(seconds: number | null): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (seconds === null) return
    const timer = setTimeout(() => setSlow(true), seconds * 1000)
    return () => clearTimeout(timer)
  }, [seconds])
  return slow
}
