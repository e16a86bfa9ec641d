import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react"
import { type ChannelName, channelNames } from "../../../../src/core/channels.ts"
import { attachmentsMax } from "../../../../src/core/conversations/composing.ts"
import { type DraftContent, emptyDraft as emptyDraftContent } from "../../../../src/core/conversations/draft.ts"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { live } from "../../live.ts"

export type DraftChannel = ChannelName | "note"
/** All that the writer has decided, with the files as they are shown. */
export type Draft = Omit<DraftContent, "attachmentIds"> & { attachments: Attachment[] }
export type DraftState = "empty" | "unsaved" | "saved" | "kept"

type Kept = Draft & { unsaved: boolean }
type ServerDraft = DraftContent & { updatedAt: string | null }

const { attachmentIds: _, ...emptyContent } = emptyDraftContent
export const emptyDraft: Draft = { ...emptyContent, attachments: [] }
const saveAfterMs = 1000
const putBack = "switchboard:draft"
const changed = "switchboard:draft-changed"
const draftChannels: DraftChannel[] = [...channelNames, "note"]

/**
 * What somebody writes, per conversation and channel. Each letter is kept in the browser at once and on the server after
 * a second: neither a crash of the browser nor another computer loses it (reliability 24).
 */
export function useDraft(userId: string, conversationId: string, channel: DraftChannel) {
  const place = `switchboard:draft:${userId}:${conversationId}:${channel}`
  const path = `/conversations/${conversationId}/drafts/${channel}`
  const [draft, setDraft] = useState<Draft>(() => draftOf(keptDraft(place) ?? {}))
  const [state, setState] = useState<DraftState>(() => (isBlank(keptDraft(place) ?? emptyDraft) ? "empty" : "kept"))
  /** Counts what was put from outside, so that an editor with a state of its own takes it over. */
  const [revision, setRevision] = useState(0)
  const latest = useRef(draft)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  /** One request after the other: an earlier one that arrives later would bring back what was sent or changed. */
  const line = useRef<Promise<unknown>>(Promise.resolve())
  const inLine = useCallback(<T>(request: () => Promise<T>): Promise<T> => {
    const answer = line.current.then(request)
    line.current = answer.catch(() => undefined)
    return answer
  }, [])

  const save = useCallback(async () => {
    clearTimeout(timer.current)
    timer.current = undefined
    const saving = latest.current
    try {
      const { attachments, ...rest } = saving
      const content = { ...rest, attachmentIds: attachments.map(({ id }) => id) }
      await inLine<unknown>(() => (isBlank(saving) ? api.delete(path) : api.put(path, content)))
      if (latest.current !== saving) return
      if (isBlank(saving)) forget(place)
      else keep(place, saving, false)
      setState(isBlank(saving) ? "empty" : "saved")
    } catch {
      setState("kept")
    }
  }, [path, place, inLine])

  const put = useCallback(
    (written: Draft, byEditor = false) => {
      latest.current = written
      setDraft(written)
      keep(place, written, true)
      setState(isBlank(written) ? "empty" : "unsaved")
      if (!byEditor) setRevision((before) => before + 1)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => void save(), saveAfterMs)
    },
    [place, save],
  )

  useEffect(() => {
    const kept = keptDraft(place)
    const shown = draftOf(kept ?? {})
    latest.current = shown
    setDraft(shown)
    setState(isBlank(shown) ? "empty" : "kept")
    setRevision((before) => before + 1)
    if (kept?.unsaved) void save()
    else void load()
    async function load() {
      const answer = await api.get<ServerDraft>(path).catch(() => null)
      if (!answer || latest.current !== shown) return
      const attachments = await filesOf(answer.attachmentIds, shown.attachments)
      if (latest.current !== shown) return
      const there = draftOf({ ...answer, attachments })
      if (sameDraft(there, shown)) return setState(isBlank(there) ? "empty" : "saved")
      latest.current = there
      setDraft(there)
      setRevision((before) => before + 1)
      setState(isBlank(there) ? "empty" : "saved")
      if (isBlank(there)) forget(place)
      else keep(place, there, false)
    }
    const onPutBack = (event: Event) => {
      const back = keptDraft(place)
      if (event instanceof CustomEvent && event.detail === conversationId && back) put(draftOf(back))
    }
    window.addEventListener(putBack, onPutBack)
    const stop = live.on("welcome", () => keptDraft(place)?.unsaved && void save())
    return () => {
      stop()
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
    forget(place)
    void inLine(() => api.delete(path)).catch(() => undefined)
  }, [path, place, inLine])

  return { draft, state, revision, put, clear }
}

/**
 * Back to the writer, of a message that was refused or taken back, also when its composer is not on the screen; below
 * what was begun meanwhile.
 */
export function keepDraft(userId: string, conversationId: string, channel: DraftChannel, draft: Draft) {
  const place = `switchboard:draft:${userId}:${conversationId}:${channel}`
  const begun = draftOf(keptDraft(place) ?? {})
  keep(place, isEmpty(begun) ? draft : joined(begun, draft), true)
  window.dispatchEvent(new CustomEvent(putBack, { detail: conversationId }))
}

function joined(first: Draft, second: Draft): Draft {
  return {
    ...first,
    text: [first.text, second.text].filter(Boolean).join("\n\n"),
    html: first.html && second.html ? first.html + second.html : null,
    attachments: [...first.attachments, ...second.attachments].slice(0, attachmentsMax),
  }
}

/** Nothing to send yet. */
export function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === "" && draft.attachments.length === 0
}

/** Nothing to keep either: no copy, no subject, no From that somebody chose. */
function isBlank(draft: Draft): boolean {
  return isEmpty(draft) && sameDraft({ ...draft, text: "", html: null }, emptyDraft)
}

/** The draft's own fields of whatever was kept, also of what an earlier version kept. */
export function draftOf(kept: Partial<Draft>): Draft {
  const { text, html, subject, cc, bcc, entryPointId, toAddressId, attachments } = { ...emptyDraft, ...kept }
  return { text, html, subject, cc, bcc, entryPointId, toAddressId, attachments }
}

function keep(place: string, draft: Draft, unsaved: boolean) {
  try {
    localStorage.setItem(place, JSON.stringify({ ...draft, unsaved } satisfies Kept))
    window.dispatchEvent(new Event(changed))
  } catch {
    // A full store: the server has it a second later.
  }
}

function forget(place: string) {
  localStorage.removeItem(place)
  window.dispatchEvent(new Event(changed))
}

/** Whether something unsent lies in the conversation, as far as this browser knows. */
export function useHasDraft(userId: string, conversationId: string): boolean {
  return useSyncExternalStore(watchDrafts, () =>
    draftChannels.some((channel) => {
      const kept = keptDraft(`switchboard:draft:${userId}:${conversationId}:${channel}`)
      return kept !== null && !isEmpty(draftOf(kept))
    }),
  )
}

function watchDrafts(listener: () => void) {
  window.addEventListener(changed, listener)
  return () => window.removeEventListener(changed, listener)
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
  const said = ({ attachments, ...rest }: Draft) => JSON.stringify([draftOf(rest), attachments.map(({ id }) => id)])
  return said(a) === said(b)
}

async function filesOf(ids: string[], known: Attachment[]): Promise<Attachment[]> {
  const files = await Promise.all(
    ids.map(
      (id) => known.find((file) => file.id === id) ?? api.get<Attachment>(`/attachments/${id}`).catch(() => null),
    ),
  )
  return files.filter((file) => file !== null)
}
