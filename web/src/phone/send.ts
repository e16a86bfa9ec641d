import { ApiProblem, api, NoAnswer } from "../api.ts"
import type { ChannelName } from "../../../src/core/channels.ts"
import type { EntryPoint } from "../../../src/core/entry-points/entry-point.ts"
import { keepWritten, type Written } from "./kept.ts"

export type ToSend = {
  entryPoint: EntryPoint
  from: { address: string; name: string | null }
  subject: string | null
  text: string
  files: File[]
  inReplyToId: string | null
  afterId: string
}

type Answer = {
  arrived: boolean
  parked?: boolean
  parkedReason?: string | null
  conversationId?: string | null
  resolution?: { inboxName: string } | null
}

/** On which the phone can write; voice has no phone here yet. */
export const phoneChannels: readonly ChannelName[] = ["sms", "email", "chat"]
const addressKinds: Partial<Record<ChannelName, string>> = { sms: "phone", email: "email", chat: "visitor" }
const pictureSidePx = 480

/** Plays the customer: the message goes through the channel's real way in. Throws only before anything was sent. */
export async function sendAsCustomer({
  entryPoint,
  from,
  subject,
  text,
  files,
  inReplyToId,
  afterId,
}: ToSend): Promise<void> {
  const item: Written = {
    id: crypto.randomUUID(),
    address: from.address,
    name: from.name,
    channel: entryPoint.channel,
    entryPointId: entryPoint.id,
    to: entryPoint.address,
    subject,
    text,
    files: await Promise.all(
      files.map(async (file) => ({
        name: file.name,
        type: file.type,
        sizeBytes: file.size,
        picture: await smallPicture(file),
      })),
    ),
    at: new Date().toISOString(),
    afterId,
    state: "sending",
    failure: null,
    conversationId: null,
    inboxName: null,
  }
  const attachments = await Promise.all(
    files.map(async (file) => ({
      name: file.name,
      type: file.type || "application/octet-stream",
      base64: await base64(file),
    })),
  )
  keepWritten(item)
  try {
    const answer = await api.post<Answer>("/sandbox/messages", {
      entryPointId: entryPoint.id,
      from: { kind: addressKinds[entryPoint.channel], value: from.address, name: from.name },
      subject,
      text,
      attachments,
      ...(inReplyToId && { inReplyToId }),
    })
    const isIn = answer.arrived && !answer.parked
    const failure = isIn ? null : answer.arrived ? (answer.parkedReason ?? "parked") : "not_forwarded"
    keepWritten({
      ...item,
      state: isIn ? "delivered" : "failed",
      failure,
      conversationId: answer.conversationId ?? null,
      inboxName: answer.resolution?.inboxName ?? null,
    })
  } catch (error) {
    const failure =
      error instanceof ApiProblem
        ? (error.errors[0]?.detail ?? error.message)
        : error instanceof NoAnswer
          ? error.message
          : String(error)
    keepWritten({ ...item, state: "failed", failure })
  }
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "")
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"))
    reader.readAsDataURL(file)
  })
}

/** Small enough to be kept in the browser; null where it is no picture. */
async function smallPicture(file: File): Promise<string | null> {
  if (!file.type.startsWith("image/")) return null
  try {
    const bitmap = await createImageBitmap(file)
    const scale = Math.min(1, pictureSidePx / Math.max(bitmap.width, bitmap.height))
    const canvas = document.createElement("canvas")
    canvas.width = Math.max(1, Math.round(bitmap.width * scale))
    canvas.height = Math.max(1, Math.round(bitmap.height * scale))
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    return canvas.toDataURL("image/webp", 0.8)
  } catch {
    return null
  }
}
