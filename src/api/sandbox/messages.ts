import { z } from "zod"
import { normalizeEmail } from "../../core/addresses/email.ts"
import { Message } from "../../core/conversations/message.ts"
import { AddressKind } from "../../core/customers/customer.ts"
import { ChannelNameShape, Resolution } from "../../core/entry-points/entry-point.ts"
import { invalid, problem } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import { Answer, created, ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { whenSettled } from "../settled.ts"
import type { Injected, Injection, Injectors } from "./inject.ts"

/** Playing the customer (api.md 2.16): what is sent here goes through the channel's real adapter and intake. */

export type SandboxMessageDeps = {
  store: Store
  injectors: Injectors
  /** Resolves when routing has nothing to do for the organization. */
  settled: (orgId: string) => Promise<void>
}

const bodyBytesMax = 41_943_040
const base64LengthMax = 35_000_000

const Base64 = z
  .string()
  .max(base64LengthMax)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, { error: "Write the bytes of the file as Base64 (RFC 4648 4)." })

const Body = z.object({
  entryPointId: z.uuid().nullable().optional(),
  to: z
    .object({ channel: ChannelNameShape, address: z.string().trim().min(1).max(320) })
    .nullable()
    .optional(),
  from: z.object({
    kind: AddressKind.nullable().optional(),
    value: z.string().trim().min(1).max(320),
    name: z.string().trim().max(200).nullable().optional(),
  }),
  text: z.string().max(500_000).nullable().optional(),
  subject: z.string().max(2_000).nullable().optional(),
  html: z.string().max(1_000_000).nullable().optional(),
  attachments: z
    .array(z.object({ name: z.string().max(1_000), type: z.string().max(200), base64: Base64 }))
    .max(20)
    .nullable()
    .optional(),
  externalId: z.string().min(1).max(300).nullable().optional(),
  sentAt: z.iso.datetime({ offset: true }).nullable().optional(),
  inReplyToId: z.uuid().nullable().optional(),
  kind: Message.shape.kind.nullable().optional(),
  viaForwarding: z.boolean().nullable().optional(),
})

const Taken = z.object({
  arrived: z.literal(true),
  inboundEventId: z.string().nullable(),
  externalId: z.string().nullable(),
  duplicate: z.boolean(),
  parked: z.boolean(),
  parkedReason: z.string().nullable(),
  contactId: z.string().nullable(),
  messageId: z.string().nullable(),
  conversationId: z.string().nullable(),
  customerId: z.string().nullable(),
  resolution: Resolution.nullable(),
  dueAt: z.string().nullable(),
})
const NotArrived = z.object({ arrived: z.literal(false), externalId: z.string().nullable() })

export function sandboxMessageRoutes({ store, injectors, settled }: SandboxMessageDeps): Route[] {
  return [
    route({
      method: "POST",
      path: "/sandbox/messages",
      action: "sandbox.use",
      idempotent: true,
      summary: "Plays a customer: the message goes through the channel's real way in",
      body: Body,
      answers: { 201: Taken, 200: NotArrived },
      limits: { bodyBytes: bodyBytesMax, stringLength: base64LengthMax },
      async handle({ principal, body, request, write }) {
        await requireSandbox(store, principal.orgId)
        const target = await targetOf(store, principal.orgId, body)
        refuseSender(body.from, target.channel)
        const inject = injectors[target.channel]
        if (!inject)
          throw invalid({
            pointer: body.to ? "#/to/channel" : "#/entryPointId",
            code: "unknown_recipient",
            detail: "This channel is not in use.",
          })
        const injected = await inject(principal.orgId, injectionOf(body, target))
        await whenSettled(settled(principal.orgId))
        const answer = answerOf(injected)
        // Kept for its Idempotency-Key; the message itself is safe by its externalId.
        return request.headers["idempotency-key"] === undefined ? answer : write(async () => answer)
      },
    }),
  ]
}

/** 404 where the organization switched the sandbox off. */
export async function requireSandbox({ db }: Store, orgId: string): Promise<void> {
  const row = await db.selectFrom("organizations").select("sandboxEnabled").where("id", "=", orgId).executeTakeFirst()
  if (!row?.sandboxEnabled) throw problem("route_not_found")
}

type Target = { channel: z.infer<typeof ChannelNameShape>; entryPointId: string | null; address: string }

async function targetOf({ db }: Store, orgId: string, body: z.output<typeof Body>): Promise<Target> {
  if (!body.entryPointId === !body.to) {
    throw invalid({ pointer: "#/to", code: "required", detail: "Name either `entryPointId` or `to`." })
  }
  const live = db.selectFrom("entryPoints").select(["id", "channel", "address"]).where("orgId", "=", orgId)
  if (body.entryPointId) {
    const row = await live.where("id", "=", body.entryPointId).where("status", "<>", "deleted").executeTakeFirst()
    if (!row)
      throw invalid({ pointer: "#/entryPointId", code: "unknown_reference", detail: "There is no such entry point." })
    return { channel: row.channel as Target["channel"], entryPointId: row.id, address: row.address }
  }
  const to = body.to as NonNullable<typeof body.to>
  const row = await live
    .where("channel", "=", to.channel)
    .where((eb) => eb(eb.fn<string>("lower", ["address"]), "=", to.address.toLowerCase()))
    .where("status", "<>", "deleted")
    .executeTakeFirst()
  return { channel: to.channel, entryPointId: row?.id ?? null, address: row?.address ?? to.address }
}

const addressKinds: Partial<Record<Target["channel"], AddressKind>> = {
  sms: "phone",
  voice: "phone",
  email: "email",
  chat: "visitor",
}

/** Who writes over a channel is known by an address of its kind; telephone numbers are read further on. */
function refuseSender({ kind, value }: z.output<typeof Body>["from"], channel: Target["channel"]): void {
  const expected = addressKinds[channel]
  if (kind && expected && kind !== expected)
    throw invalid({
      pointer: "#/from/kind",
      code: "wrong_channel",
      detail: `Who writes over this channel is of the kind ${expected}.`,
    })
  if (expected === "email" && normalizeEmail(value) === null)
    throw invalid({
      pointer: "#/from/value",
      code: "pattern",
      detail: "Enter an e-mail address such as ana@example.com.",
    })
}

function injectionOf(body: z.output<typeof Body>, target: Target): Injection {
  return {
    entryPointId: target.entryPointId,
    address: target.address,
    from: {
      kind: body.from.kind ?? addressKinds[target.channel] ?? target.channel,
      value: body.from.value,
      name: body.from.name ?? null,
    },
    text: body.text ?? null,
    subject: body.subject ?? null,
    html: body.html ?? null,
    attachments: body.attachments ?? [],
    externalId: body.externalId ?? null,
    sentAt: body.sentAt ? new Date(body.sentAt) : null,
    inReplyToId: body.inReplyToId ?? null,
    kind: body.kind ?? null,
    viaForwarding: body.viaForwarding ?? false,
  }
}

function answerOf(injected: Injected): Answer {
  if (!injected.arrived) return ok({ arrived: false, externalId: injected.externalId ?? null })
  const {
    inboundEventId,
    externalId,
    duplicate,
    parked,
    parkedReason = null,
    contactId,
    messageId,
    conversationId,
    customerId,
    resolution,
    dueAt,
  } = injected
  const body = {
    arrived: true,
    inboundEventId,
    externalId,
    duplicate,
    parked,
    parkedReason,
    contactId,
    messageId,
    conversationId,
    customerId,
    resolution,
    dueAt,
  }
  return conversationId ? created(`/conversations/${conversationId}`, body) : new Answer(201, body)
}
