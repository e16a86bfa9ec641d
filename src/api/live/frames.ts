import { z } from "zod"
import { channelNames } from "../../core/channels.ts"
import { type Stream, streamPattern } from "./streams.ts"

export const streamsMax = 100

const Streams = z
  .array(
    z
      .string()
      .regex(streamPattern, { error: "There is no stream of this name." })
      .transform((text) => text as Stream),
  )
  .max(streamsMax)
const Ref = z
  .union([z.string().max(100), z.number()])
  .nullable()
  .default(null)

/** What a client may say (api.md 4); fields that are not known are ignored. */
export const ClientFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    position: z.int().min(0).nullable().default(null),
    streams: Streams.default(["me"]),
  }),
  z.object({ type: z.literal("subscribe"), ref: Ref, streams: Streams }),
  z.object({ type: z.literal("unsubscribe"), ref: Ref, streams: Streams }),
  z.object({
    type: z.literal("presence"),
    place: z.enum(["work", "settings"]),
    conversationId: z.uuid().nullable().default(null),
  }),
  z.object({
    type: z.literal("typing"),
    conversationId: z.uuid(),
    channel: z.enum([...channelNames, "note"]),
    on: z.boolean(),
  }),
  z.object({ type: z.literal("signal"), mediaSessionId: z.string().max(100), candidate: z.unknown() }),
  z.object({ type: z.literal("ping") }),
])
export type ClientFrame = z.infer<typeof ClientFrame>

export const frameTypes: ReadonlySet<unknown> = new Set([
  "hello",
  "subscribe",
  "unsubscribe",
  "presence",
  "typing",
  "signal",
  "ping",
])

export type Goodbye = "restart" | "session_ended" | "permissions_changed" | "too_slow"
export type LiveProblem = "not_permitted" | "not_found" | "position_gone" | "rate_limited" | "frame_invalid"

/** As api.md 3.3. */
export const closeCodes = {
  badData: 1003,
  policy: 1008,
  restart: 1012,
  token: 4001,
  noHello: 4002,
  tooMany: 4029,
} as const
