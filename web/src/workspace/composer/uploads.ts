import { useLingui } from "@lingui/react/macro"
import { type DragEvent, useRef, useState } from "react"
import { attachmentBytesMax, attachmentsMax } from "../../../../src/core/conversations/composing.ts"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"
import type { Draft } from "./draft.ts"

/** Files that were chosen, pasted or dropped become attachments of the draft, one after the other. */
export function useUploads(draft: Draft, put: (draft: Draft) => void) {
  const { t } = useLingui()
  const [running, setRunning] = useState(0)
  const latest = useRef(draft)
  latest.current = draft
  const add = async (files: File[]) => {
    for (const file of files) {
      if (latest.current.attachments.length >= attachmentsMax)
        return toastProblem(new Error(t`A message takes at most ${attachmentsMax} files.`))
      if (file.size > attachmentBytesMax) {
        toastProblem(new Error(t`${file.name} is larger than 25 MB and was not attached.`))
        continue
      }
      setRunning((count) => count + 1)
      try {
        const form = new FormData()
        form.append("file", file, file.name)
        const attachment = await api.upload<Attachment>("/attachments", form)
        latest.current = { ...latest.current, attachments: [...latest.current.attachments, attachment] }
        put(latest.current)
      } catch (error) {
        toastProblem(error)
      } finally {
        setRunning((count) => count - 1)
      }
    }
  }
  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    void add([...event.dataTransfer.files])
  }
  return { add: (files: File[]) => void add(files), onDrop, busy: running > 0 }
}
