import { z } from "zod"
import { problem } from "../../problem.ts"
import type { Store } from "../../store/write.ts"
import { ok } from "../answer.ts"
import { type Route, route } from "../route.ts"
import { requireSandbox } from "./messages.ts"

const Forwarding = z.object({ mailboxId: z.string(), active: z.boolean() })

const DnsRecord = z.object({
  type: z.enum(["A", "AAAA", "CNAME", "MX", "NS", "PTR", "TXT"]),
  name: z.string().min(1).max(255),
  value: z.string().max(4_096),
})

/** The mail world around the sandbox (api.md 2.16): does the company's host forward, what does the DNS say. */
export function sandboxMailRoutes({ store }: { store: Store }): Route[] {
  const { db } = store
  async function forwardingOf(orgId: string, mailboxId: string) {
    await requireSandbox(store, orgId)
    const row = await db
      .selectFrom("mailboxes")
      .select("sandboxForwarding")
      .where("orgId", "=", orgId)
      .where("id", "=", mailboxId)
      .where("deletedAt", "is", null)
      .executeTakeFirst()
    if (!row) throw problem("not_found")
    return { mailboxId, active: row.sandboxForwarding }
  }
  return [
    route({
      method: "GET",
      path: "/sandbox/mail-forwarding/:mailboxId",
      action: "sandbox.use",
      answers: { 200: Forwarding },
      handle: async ({ principal, params }) => ok(await forwardingOf(principal.orgId, params.mailboxId)),
    }),
    route({
      method: "PUT",
      path: "/sandbox/mail-forwarding/:mailboxId",
      action: "sandbox.use",
      body: z.object({ active: z.boolean() }),
      answers: { 200: Forwarding },
      summary: "Whether mail to the public address is forwarded to us",
      async handle({ principal, params, body }) {
        await forwardingOf(principal.orgId, params.mailboxId)
        await db
          .updateTable("mailboxes")
          .set({ sandboxForwarding: body.active })
          .where("orgId", "=", principal.orgId)
          .where("id", "=", params.mailboxId)
          .execute()
        return ok(await forwardingOf(principal.orgId, params.mailboxId))
      },
    }),
    route({
      method: "PUT",
      path: "/sandbox/dns-records",
      action: "sandbox.use",
      body: z.array(DnsRecord).max(1_000),
      answers: { 200: z.array(DnsRecord) },
      summary: "What the checker of SPF, DKIM and DMARC finds; an empty list is the machine's own resolver again",
      async handle({ principal, body }) {
        await requireSandbox(store, principal.orgId)
        const records = JSON.stringify(body)
        await db
          .insertInto("sandboxDnsRecords")
          .values({ orgId: principal.orgId, records })
          .onConflict((conflict) => conflict.column("orgId").doUpdateSet({ records }))
          .execute()
        return ok(body)
      },
    }),
  ]
}
