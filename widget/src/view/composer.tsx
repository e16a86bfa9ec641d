/** @jsxImportSource preact */
import type { TargetedEvent } from "preact"
import { useRef, useState } from "preact/hooks"
import type { Chat } from "../chat.ts"
import type { Texts } from "../texts.ts"
import { ClipIcon, CloseIcon, SendIcon } from "./icons.tsx"

const textLengthMax = 5_000
const filesMax = 5
const fileBytesMax = 10_485_760

type Picked = { key: number; name: string; id: string | null }

export function Composer({ chat, texts }: { chat: Chat; texts: Texts }) {
  const [text, setText] = useState("")
  const [files, setFiles] = useState<Picked[]>([])
  const [problem, setProblem] = useState("")
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const counter = useRef(0)
  const uploading = files.some((file) => file.id === null)
  const ready = !chat.closed && !uploading && (text.trim() !== "" || files.length > 0)

  const send = () => {
    if (!ready) return
    chat.write(
      text.trim(),
      files.map(({ id, name }) => ({ id: id ?? "", name })),
    )
    setText("")
    setFiles([])
    setProblem("")
    field.current?.focus()
  }
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault()
    send()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
    event.preventDefault()
    send()
  }
  const add = (picked: File[]) => {
    setProblem(files.length + picked.length > filesMax ? texts.tooManyFiles : "")
    for (const file of picked.slice(0, filesMax - files.length)) upload(file)
  }
  const upload = (file: File) => {
    if (file.size > fileBytesMax) return setProblem(texts.fileTooLarge(file.name))
    const key = ++counter.current
    setFiles((all) => [...all, { key, name: file.name, id: null }])
    chat.upload(file).then(
      (id) => setFiles((all) => all.map((one) => (one.key === key ? { ...one, id } : one))),
      () => {
        setFiles((all) => all.filter((one) => one.key !== key))
        setProblem(texts.fileFailed(file.name))
      },
    )
  }
  return (
    <form onSubmit={submit}>
      {problem && (
        <div class="error" role="alert">
          {problem}
        </div>
      )}
      {files.length > 0 && (
        <div class="files">
          {files.map(({ key, name, id }) => (
            <span key={key}>
              {id === null ? texts.uploading(name) : name}
              <button
                type="button"
                aria-label={texts.removeFile(name)}
                onClick={() => setFiles((all) => all.filter((one) => one.key !== key))}
              >
                <CloseIcon />
              </button>
            </span>
          ))}
        </div>
      )}
      <div class="compose">
        <button
          type="button"
          class="tool"
          aria-label={texts.attach}
          disabled={chat.closed}
          onClick={() => picker.current?.click()}
        >
          <ClipIcon />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          class="hidden"
          tabIndex={-1}
          aria-hidden="true"
          onChange={({ currentTarget }) => {
            add([...(currentTarget.files ?? [])])
            currentTarget.value = ""
          }}
        />
        <textarea
          ref={field}
          aria-label={texts.message}
          placeholder={chat.closed ? texts.closed : texts.write}
          rows={1}
          maxLength={textLengthMax}
          disabled={chat.closed}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value)
            chat.sayTyping(currentTarget.value !== "")
          }}
          onKeyDown={onKeyDown}
          onPaste={({ clipboardData }) => add([...(clipboardData?.files ?? [])])}
        />
        <button type="submit" class="tool go" aria-label={texts.send} disabled={!ready}>
          <SendIcon />
        </button>
      </div>
    </form>
  )
}
