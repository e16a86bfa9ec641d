import { z } from "zod"
import { TimeZone } from "../people/organization.ts"

/** One configured embed of the chat widget = one chat entry point (spec 10B, api.md 2.5). */

/** A logo is a small picture: 512 KiB. */
export const logoBytesMax = 524_288

/** Letters, digits, hyphen, underscore, dot (S41). */
export const chatAppNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/)
const DayHours = z.array(z.object({ start: Time, stop: Time })).max(10)

/** Weekly hours in an IANA zone; a range whose stop is not after its start goes past midnight. */
export const ChatHours = z.object({
  timeZone: z.string().min(1).max(64),
  monday: DayHours,
  tuesday: DayHours,
  wednesday: DayHours,
  thursday: DayHours,
  friday: DayHours,
  saturday: DayHours,
  sunday: DayHours,
})
export type ChatHours = z.infer<typeof ChatHours>

const Asked = z.enum(["off", "optional", "required"])
const WebUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\//)
/** scheme://host[:port], nothing behind it. */
const Origin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[^/?#\s]+$/)

export const ChatAppSettings = z.object({
  allowedOrigins: z.array(Origin).max(100),
  appearance: z.object({
    button: z.enum(["icon", "text"]),
    text: z.string().max(40).nullable(),
    color: z.string().regex(/^#[0-9a-fA-F]{6}$/),
    position: z.enum(["bottom_right", "bottom_left"]),
    logoId: z.uuid().nullable(),
  }),
  greeting: z.string().max(1_000),
  questions: z.object({ name: Asked, email: Asked }),
  quickActions: z
    .array(
      z.object({
        label: z.string().min(1).max(60),
        text: z.string().min(1).max(500),
        url: WebUrl.nullable().optional(),
      }),
    )
    .max(10),
  search: z.object({ enabled: z.boolean(), url: WebUrl.nullable() }),
  automation: z.object({ url: WebUrl.nullable(), handOffText: z.string().max(1_000) }),
  display: z.object({ include: z.array(z.string().max(500)).max(50), exclude: z.array(z.string().max(500)).max(50) }),
  hours: ChatHours.nullable(),
  afterHoursText: z.string().max(5_000),
})
export type ChatAppSettings = z.infer<typeof ChatAppSettings>

export const defaultChatAppSettings: ChatAppSettings = {
  allowedOrigins: [],
  appearance: { button: "icon", text: null, color: "#4C5BDC", position: "bottom_right", logoId: null },
  greeting: "",
  questions: { name: "optional", email: "optional" },
  quickActions: [],
  search: { enabled: false, url: null },
  automation: { url: null, handOffText: "" },
  display: { include: [], exclude: [] },
  hours: null,
  afterHoursText: "",
}

const { shape } = ChatAppSettings

/** What a request may say of them: parts of parts too (RFC 7396). `mergeChatAppSettings` makes the whole of it. */
export const ChatAppChange = z
  .object({
    allowedOrigins: shape.allowedOrigins,
    appearance: shape.appearance.partial(),
    greeting: shape.greeting.nullable(),
    questions: shape.questions.partial(),
    quickActions: shape.quickActions,
    search: shape.search.partial(),
    automation: shape.automation.partial(),
    display: shape.display.partial(),
    hours: ChatHours.extend({ timeZone: TimeZone }).partial().nullable(),
    afterHoursText: shape.afterHoursText.nullable(),
  })
  .partial()
export type ChatAppChange = z.infer<typeof ChatAppChange>

/** Absent stays, `null` clears. Days that nobody named are closed; answers null where hours are named without a zone. */
export function mergeChatAppSettings(stored: ChatAppSettings, change: ChatAppChange): ChatAppSettings | null {
  const merge = <Part extends object>(part: Part, given: { [K in keyof Part]?: Part[K] | undefined } | undefined) => ({
    ...part,
    ...(Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Partial<Part>),
  })
  const { hours } = change
  const timeZone = hours?.timeZone ?? stored.hours?.timeZone
  if (hours && timeZone === undefined) return null
  return {
    allowedOrigins: change.allowedOrigins ?? stored.allowedOrigins,
    appearance: merge(stored.appearance, change.appearance),
    greeting: change.greeting === undefined ? stored.greeting : (change.greeting ?? ""),
    questions: merge(stored.questions, change.questions),
    quickActions: change.quickActions ?? stored.quickActions,
    search: merge(stored.search, change.search),
    automation: merge(stored.automation, change.automation),
    display: merge(stored.display, change.display),
    hours: hours ? merge(stored.hours ?? closedWeek(timeZone ?? ""), hours) : hours === null ? null : stored.hours,
    afterHoursText: change.afterHoursText === undefined ? stored.afterHoursText : (change.afterHoursText ?? ""),
  }
}

function closedWeek(timeZone: string): ChatHours {
  return { timeZone, monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }
}

export const ChatApp = ChatAppSettings.extend({
  id: z.string(),
  name: z.string(),
  appId: z.string(),
  entryPointId: z.string(),
  identitySecretSet: z.boolean(),
  snippet: z.string(),
  installation: z.object({ seenAt: z.string().nullable(), origin: z.string().nullable() }),
  /** By the hours, evaluated on the server. */
  open: z.boolean(),
  nextChangeAt: z.string().nullable(),
  deletion: z.object({ at: z.string() }).nullable(),
  createdAt: z.string(),
  version: z.int(),
})
export type ChatApp = z.infer<typeof ChatApp>

/** What a page gets of a chat app when the widget begins (api.md 3.2). */
export const WidgetBootstrap = ChatAppSettings.pick({
  appearance: true,
  greeting: true,
  questions: true,
  quickActions: true,
  display: true,
}).extend({
  appId: z.string(),
  company: z.string(),
  open: z.boolean(),
  /** Sanitized. */
  closedText: z.string(),
  accepting: z.boolean(),
  estimatedWaitSeconds: z.number().nullable(),
  nextChangeAt: z.string().nullable(),
  timeZone: z.string().nullable(),
  socketUrl: z.string(),
  protocol: z.literal(1),
})
export type WidgetBootstrap = z.infer<typeof WidgetBootstrap>
