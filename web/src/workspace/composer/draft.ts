import { useCallback, useEffect, useRef, useState } from "react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"

export type DraftChannel = ChannelName | "note"
export type Draft = { text: string; html: string | null; subject: string | null; attachments: Attachment[] }
export type DraftState = "empty" | "unsaved" | "saved" | "kept"

type Kept = Draft & { unsaved: boolean }
type ServerDraft = {
  text: string
  html: string | null
  subject: string | null
  attachmentIds: string[]
  updatedAt: string | null
}

export const emptyDraft: Draft = { text: "", html: null, subject: null, attachments: [] }
const saveAfterMs = 1000
const putBack = "switchboard:draft"

/**
 * What somebody writes, per conversation and channel. Each letter is kept in the browser at once and on the server after
 * a second: neither a crash of the browser nor another computer loses it (reliability 24).
 */
export function useDraft(userId: string, conversationId: string, channel: DraftChannel) {
  const place = `switchboard:draft:${userId}:${conversationId}:${channel}`
  const path = `/conversations/${conversationId}/drafts/${channel}`
  const [draft, setDraft] = useState<Draft>(() => keptDraft(place) ?? emptyDraft)
  const [state, setState] = useState<DraftState>(() => (isEmpty(keptDraft(place) ?? emptyDraft) ? "empty" : "kept"))
  /** Counts what was put from outside, so that an editor with a state of its own takes it over. */
  const [revision, setRevision] = useState(0)
  const latest = useRef(draft)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const save = useCallback(async () => {
    clearTimeout(timer.current)
    timer.current = undefined
    const saving = latest.current
    try {
      if (isEmpty(saving)) await api.delete(path)
      else
        await api.put(path, {
          text: saving.text,
          html: saving.html,
          subject: saving.subject,
          attachmentIds: saving.attachments.map(({ id }) => id),
        })
      if (latest.current !== saving) return
      if (isEmpty(saving)) localStorage.removeItem(place)
      else keep(place, saving, false)
      setState(isEmpty(saving) ? "empty" : "saved")
    } catch {
      setState("kept")
    }
  }, [path, place])

  const put = useCallback(
    (next: Draft, byEditor = false) => {
      latest.current = next
      setDraft(next)
      keep(place, next, true)
      setState(isEmpty(next) ? "empty" : "unsaved")
      if (!byEditor) setRevision((before) => before + 1)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void save(), saveAfterMs)
    },
    [place, save],
  )

  useEffect(() => {
    const kept = keptDraft(place)
    const shown = kept ?? emptyDraft
    latest.current = shown
    setDraft(shown)
    setState(isEmpty(shown) ? "empty" : "kept")
    setRevision((before) => before + 1)
    if (kept?.unsaved) void save()
    else void load()
    async function load() {
      const answer = await api.get<ServerDraft>(path).catch(() => null)
      if (!answer || latest.current !== shown) return
      const attachments = await filesOf(answer.attachmentIds, shown.attachments)
      if (latest.current !== shown) return
      const there: Draft = { text: answer.text, html: answer.html, subject: answer.subject, attachments }
      if (sameDraft(there, shown)) return setState(isEmpty(there) ? "empty" : "saved")
      latest.current = there
      setDraft(there)
      setRevision((before) => before + 1)
      setState(isEmpty(there) ? "empty" : "saved")
      if (isEmpty(there)) localStorage.removeItem(place)
    }
    const onPutBack = (event: Event) => {
      const back = keptDraft(place)
      if (event instanceof CustomEvent && event.detail === conversationId && back && isEmpty(latest.current))
        put({ text: back.text, html: back.html, subject: back.subject, attachments: back.attachments })
    }
    window.addEventListener(putBack, onPutBack)
    return () => {
      window.removeEventListener(putBack, onPutBack)
      if (timer.current !== undefined) void save()
    }
  }, [path, place, save, put, conversationId])

  /** It was sent: gone here and on the server. */
  const clear = useCallback(() => {
    latest.current = emptyDraft
    clearTimeout(timer.current)
    timer.current = undefined
    setDraft(emptyDraft)
    setState("empty")
    setRevision((before) => before + 1)
    localStorage.removeItem(place)
    void api.delete(path).catch(() => undefined)
  }, [path, place])

  return { draft, state, revision, put, clear }
}

/** Back to the writer, of a message that was refused or taken back, also when its composer is not on the screen. */
export function keepDraft(userId: string, conversationId: string, channel: DraftChannel, draft: Draft) {
  keep(`switchboard:draft:${userId}:${conversationId}:${channel}`, draft, true)
  window.dispatchEvent(new CustomEvent(putBack, { detail: conversationId }))
}

export function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === "" && draft.attachments.length === 0
}

function keep(place: string, draft: Draft, unsaved: boolean) {
  try {
    localStorage.setItem(place, JSON.stringify({ ...draft, unsaved } satisfies Kept))
  } catch {
    // A full store: the server has it a second later.
  }
}

function keptDraft(place: string): Kept | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(place) ?? "null")
    return typeof value === "object" && value !== null && "text" in value ? (value as Kept) : null
  } catch {
    return null
  }
}

function sameDraft(a: Draft, b: Draft): boolean {
  const files = (draft: Draft) => draft.attachments.map(({ id }) => id).join()
  return a.text === b.text && a.html === b.html && a.subject === b.subject && files(a) === files(b)
}

async function filesOf(ids: string[], known: Attachment[]): Promise<Attachment[]> {
  const files = await Promise.all(
    ids.map(
      (id) => known.find((file) => file.id === id) ?? api.get<Attachment>(`/attachments/${id}`).catch(() => null),
    ),
  )
  return files.filter((file) => file !== null)
}
