/** @jsxImportSource preact */
import type { TargetedEvent } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Chat } from "../chat.ts"
import type { Texts } from "../texts.ts"

/** Asks once, and offers a copy by mail. */
export function EndChat({ chat, texts, onDone }: { chat: Chat; texts: Texts; onDone: () => void }) {
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => keep.current?.focus(), [])
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault()
    chat.end(String(new FormData(event.currentTarget).get("email") ?? "").trim())
    onDone()
  }
  const answered = [...chat.items.values()].at(-1)?.from !== "visitor"
  return (
    <form class="fields" onSubmit={submit}>
      <strong>{texts.endAsk}</strong>
      {!answered && <span>{texts.endLoses}</span>}
      <label>
        {texts.transcript}
        <input name="email" type="email" autocomplete="email" maxLength={320} defaultValue={chat.storage.value.email} />
      </label>
      <div class="row">
        <button type="submit" class="primary">
          {texts.endNow}
        </button>
        <button type="button" class="plain" ref={keep} onClick={onDone}>
          {texts.keep}
        </button>
      </div>
    </form>
  )
}
