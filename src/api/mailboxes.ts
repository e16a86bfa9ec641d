import { z } from "zod"
import { oneLine } from "../core/one-line.ts"
import {
  createMailbox,
  createProbe,
  deleteMailbox,
  lockMailbox,
  type MailboxFacts,
  readMailbox,
  readProbe,
  renameSender,
  showMailbox,
} from "../channels/email/settings.ts"
import { Mailbox, Probe, readMailAddress } from "../core/mailboxes/mailbox.ts"
import { invalid, problem } from "../problem.ts"
import type { Store } from "../store/write.ts"
import { created, ok } from "./answer.ts"
import { expectVersion } from "./etag.ts"
import { type Route, route } from "./route.ts"

const senderNameLengthMax = 100

const Address = z
  .string()
  .max(320)
  .transform((typed, context) => {
    const address = readMailAddress(typed)
    if (address !== null) return address
    context.addIssue({ code: "custom", message: "Enter an address such as support@example.com." })
    return z.NEVER
  })

const NewMailbox = z.object({
  address: Address,
  senderName: oneLine(senderNameLengthMax).default(""),
  inbound: z.enum(["forwarding"]).default("forwarding"),
})

const MailboxChange = z.object({
  address: z.string().max(320).optional(),
  senderName: oneLine(senderNameLengthMax).nullable().optional(),
  inbound: z.enum(["forwarding"]).optional(),
})

/** E-mail addresses (api.md 2.5). */
export function mailboxRoutes(deps: { store: Store; facts: () => MailboxFacts }): Route[] {
  const { db } = deps.store
  const { facts } = deps
  return [
    route({
      method: "GET",
      path: "/mailboxes",
      action: "mailbox.read",
      list: true,
      answers: { 200: z.object({ items: z.array(Mailbox), nextCursor: z.string().nullable() }) },
      summary: "All e-mail addresses, in the order of the alphabet",
      async handle({ principal, list, page }) {
        let query = db
          .selectFrom("mailboxes")
          .selectAll()
          .where("orgId", "=", principal.orgId)
          .where("deletedAt", "is", null)
        const [after] = list.after ?? []
        if (typeof after === "string") query = query.where("address", ">", after)
        const rows = await query
          .orderBy("address")
          .limit(list.limit + 1)
          .execute()
        return page(
          rows,
          (row) => [row.address],
          (row) => showMailbox(row, facts()),
        )
      },
    }),
    route({
      method: "POST",
      path: "/mailboxes",
      action: "mailbox.edit",
      body: NewMailbox,
      answers: { 201: Mailbox },
      problems: ["address_taken", "default_inbox_missing"],
      idempotent: true,
      summary: "Adds an address; its entry point is there at once",
      handle: ({ body, write }) =>
        write(async (tx) => {
          const id = await createMailbox(tx, { address: body.address, senderName: body.senderName })
          return created(`/mailboxes/${id}`, await readMailbox(tx.db, tx.orgId, id, facts()))
        }),
    }),
    route({
      method: "GET",
      path: "/mailboxes/:id",
      action: "mailbox.read",
      answers: { 200: Mailbox },
      handle: async ({ principal, params }) => ok(await readMailbox(db, principal.orgId, params.id, facts())),
    }),
    route({
      method: "PATCH",
      path: "/mailboxes/:id",
      action: "mailbox.edit",
      body: MailboxChange,
      versioned: true,
      answers: { 200: Mailbox },
      summary: "Changes the sender's name; another address is another mailbox",
      handle: ({ params, body, write, ifMatch }) =>
        write(async (tx) => {
          const mailbox = await lockMailbox(tx, params.id)
          if (mailbox.deletedAt) throw problem("not_found")
          expectVersion(ifMatch, mailbox)
          if (body.address !== undefined && readMailAddress(body.address) !== mailbox.address) {
            throw invalid({
              pointer: "#/address",
              code: "immutable",
              detail: "Add the other address, then delete this one.",
            })
          }
          if (body.senderName !== undefined) await renameSender(tx, mailbox, body.senderName ?? "")
          return ok(await readMailbox(tx.db, tx.orgId, params.id, facts()))
        }),
    }),
    route({
      method: "PUT",
      path: "/mailboxes/:id/deletion",
      action: "mailbox.edit",
      answers: { 200: Mailbox },
      summary: "Ends an address with its exception; what came in over it stays",
      handle: ({ params, write }) =>
        write(async (tx) => {
          await deleteMailbox(tx, await lockMailbox(tx, params.id))
          return ok(await readMailbox(tx.db, tx.orgId, params.id, facts()))
        }),
    }),
    route({
      method: "POST",
      path: "/mailboxes/:id/probes",
      action: "mailbox.edit",
      idempotent: true,
      answers: { 201: Probe },
      summary: "Sends a mail to the address, to see whether it comes back to us",
      handle: ({ params, write }) =>
        write(async (tx) => {
          const probe = await createProbe(tx, await lockMailbox(tx, params.id))
          return created(`/mailboxes/${params.id}/probes/${probe.id}`, probe)
        }),
    }),
    route({
      method: "GET",
      path: "/mailboxes/:id/probes/:probeId",
      action: "mailbox.edit",
      answers: { 200: Probe },
      handle: async ({ principal, params, now }) =>
        ok(await readProbe(db, principal.orgId, params.id, params.probeId, now)),
    }),
  ]
}
