import { z } from "zod"

/** What stands in a text of a visitor's: no control characters but line breaks and tabs, no halves of pairs. */
const Text = z.string().transform((text) => text.toWellFormed().replaceAll(/[^\P{Cc}\n\t]/gu, ""))
const Line = (lengthMax: number) => Text.transform((text) => text.replaceAll(/\s+/g, " ").trim().slice(0, lengthMax))
/** Only what a page can have; anything else is shown to nobody. */
const PageUrl = Line(2_000).transform((url) => (/^https?:\/\//i.test(url) ? url : ""))

/** What a widget may say (api.md 3.3). Unknown fields are ignored; an unknown type or a broken frame closes with 1003. */
export const ClientFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    visitorToken: z.string(),
    lastSeq: z.int().min(0).nullish(),
    page: z.object({ url: PageUrl.nullish(), title: Line(500).nullish(), referrer: PageUrl.nullish() }).nullish(),
    locale: z.string().nullish(),
    timeZone: z.string().nullish(),
  }),
  z.object({
    type: z.literal("message"),
    clientId: z.guid(),
    text: Text.nullish(),
    attachmentIds: z.array(z.string()).nullish(),
  }),
  z.object({
    type: z.literal("profile"),
    name: Line(200).nullish(),
    email: Line(320).nullish(),
    phone: Line(40).nullish(),
  }),
  z.object({ type: z.literal("typing"), on: z.boolean() }),
  z.object({ type: z.literal("read"), seq: z.int().min(0) }),
  z.object({ type: z.literal("page"), url: PageUrl, title: Line(500).nullish() }),
  z.object({ type: z.literal("end"), transcriptTo: Line(320).nullish() }),
])
export type ClientFrame = z.infer<typeof ClientFrame>

export const textLengthMax = 5_000
export const attachmentsMax = 5

/** Close codes of api.md 3.3 and 4. */
export const closeCodes = {
  unreadable: 1003,
  policy: 1008,
  restart: 1012,
  token: 4001,
  noHello: 4002,
  tooMany: 4029,
} as const
