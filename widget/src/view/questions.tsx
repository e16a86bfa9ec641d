/** @jsxImportSource preact */
import type { TargetedEvent } from "preact"
import type { WidgetBootstrap } from "../../../src/core/chat/chat-app.ts"
import type { Texts } from "../texts.ts"

type Ask = WidgetBootstrap["questions"]

/** Asked after the first message; what is not required may be skipped. */
export function Questions(props: {
  texts: Texts
  why: string
  ask: Ask
  required: boolean
  onAnswer: (answer: { name?: string; email?: string }) => void
}) {
  const { texts, why, ask, required, onAnswer } = props
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const name = String(data.get("name") ?? "").trim()
    const email = String(data.get("email") ?? "").trim()
    onAnswer({ ...(name && { name }), ...(email && { email }) })
  }
  const mustAll = ask.name === "required" || ask.email === "required"
  return (
    <form class="notice fields" onSubmit={submit}>
      <p>{why}</p>
      {ask.name !== "off" && (
        <label>
          {texts.askName}
          <input name="name" autocomplete="name" maxLength={200} required={ask.name === "required"} />
        </label>
      )}
      {ask.email !== "off" && (
        <label>
          {texts.askEmail}
          <input name="email" type="email" autocomplete="email" maxLength={320} required={ask.email === "required"} />
        </label>
      )}
      <div class="row">
        <button type="submit" class="primary">
          {texts.save}
        </button>
        {!(required && mustAll) && (
          <button type="button" class="plain" onClick={() => onAnswer({})}>
            {texts.skip}
          </button>
        )}
      </div>
    </form>
  )
}
