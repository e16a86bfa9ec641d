import { z } from "zod"

/** What a widget may say (api.md 3.3). Unknown fields are ignored; an unknown type or a broken frame closes with 1003. */
export const ClientFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    visitorToken: z.string().max(200),
    lastSeq: z.int().min(0).default(0),
    page: z.object({ url: z.string().max(2_000), title: z.string().max(500).default(""), referrer: z.string().max(2_000).default("") }).partial({ title: true, referrer: true }).nullish(),
    locale: z.string().max(50).nullish(),
    timeZone: z.string().max(64).nullish(),
  }),
  z.object({
    type: z.literal("message"),
    clientId: z.uuid(),
    text: z.string().max(5_000).default(""),
    attachmentIds: z.array(z.uuid()).max(5).default([]),
  }),
  z.object({ type: z.literal("profile"), name: z.string().max(200).nullish(), email: z.string().max(320).nullish(), phone: z.string().max(40).nullish() }),
  z.object({ type: z.literal("typing"), on: z.boolean() }),
  z.object({ type: z.literal("read"), seq: z.int().min(0) }),
  z.object({ type: z.literal("page"), url: z.string().max(2_000), title: z.string().max(500).default("") }),
  z.object({ type: z.literal("end"), transcriptTo: z.email().max(320).nullish() }),
])
export type ClientFrame = z.infer<typeof ClientFrame>

/** Close codes of api.md 3.3 and 4. */
export const closeCodes = { unreadable: 1003, policy: 1008, restart: 1012, token: 4001, noHello: 4002, tooMany: 4029 } as const
