import { z } from "zod"
import { setAvailability, setFocus, setPause, setStatus } from "../../availability/availability.ts"
import { readAgents, readCounts } from "../../availability/read.ts"
import { Agent, AgentStatus, ChannelGroupShape } from "../../core/agents/agent.ts"
import type { Principal } from "../../identity/principal.ts"
import { invalid, problem } from "../../problem.ts"
import type { Routing } from "../../routing/runner.ts"
import type { Store, Tx } from "../../store/write.ts"
import { ok, wholeList } from "../answer.ts"
import { type Route, route } from "../route.ts"

export type AgentDeps = { store: Store; routing: Pick<Routing, "settled"> }

const self = { me: "agent.self", others: "agent.manage" } as const

/** Agents and their switches (api.md 2.12). Answers are given after routing has looked at the change. */
export function agentRoutes({ store, routing }: AgentDeps): Route[] {
  async function shown(orgId: string, agentId: string) {
    const [agent] = await readAgents(store.db, orgId, { ids: [agentId] })
    if (!agent) throw problem("not_found")
    return ok(agent)
  }

  async function changed(
    write: (work: (tx: Tx) => Promise<void>) => Promise<void>,
    principal: Principal,
    agentId: string,
    change: (tx: Tx) => Promise<void>,
  ) {
    await write(change)
    await routing.settled(principal.orgId)
    return shown(principal.orgId, agentId)
  }

  return [
    route({
      method: "GET",
      path: "/agents",
      action: "agent.manage",
      query: z.object({ inboxId: z.uuid().optional(), group: ChannelGroupShape.optional() }),
      answers: { 200: z.object({ items: z.array(Agent), nextCursor: z.null() }) },
      async handle({ principal, query }) {
        const { inboxId, group } = query
        return wholeList(
          await readAgents(store.db, principal.orgId, { ...(inboxId && { inboxId }), ...(group && { group }) }),
        )
      },
    }),
    route({
      method: "GET",
      path: "/agents/:id",
      action: self,
      answers: { 200: Agent },
      handle: ({ principal, params }) => shown(principal.orgId, agentIdOf(principal, params.id)),
    }),
    route({
      method: "PUT",
      path: "/agents/:id/availability",
      action: self,
      body: z.object({ availableFor: z.array(ChannelGroupShape).max(3) }),
      answers: { 200: Agent },
      problems: ["channel_group_not_configured"],
      handle({ principal, params, body, write }) {
        const agentId = agentIdOf(principal, params.id)
        return changed(write, principal, agentId, (tx) => setAvailability(tx, agentId, body.availableFor))
      },
    }),
    route({
      method: "PUT",
      path: "/agents/:id/status",
      action: self,
      body: z.object({ status: AgentStatus, reasonId: z.uuid().nullable().optional() }),
      answers: { 200: Agent },
      handle({ principal, params, body, write }) {
        const agentId = agentIdOf(principal, params.id)
        return changed(write, principal, agentId, async (tx) => {
          if (body.reasonId) await mustBeReason(tx, body.reasonId, body.status)
          await setStatus(tx, agentId, { status: body.status, reasonId: body.reasonId ?? null })
        })
      },
    }),
    ...switchRoutes("/agents/me/focus", setFocus, z.object({})),
    ...switchRoutes("/agents/me/pause", setPause, z.object({ reason: z.enum(["settings"]).optional() })),
    route({
      method: "GET",
      path: "/agents/me/inboxes/counts",
      action: "agent.self",
      answers: { 200: z.object({ voice: Count, messaging: Count, mail: Count }) },
      handle: async ({ principal, now }) => {
        const counts = await readCounts(store.db, principal.orgId, [principal.ownerId], now)
        return ok(counts.get(principal.ownerId))
      },
    }),
  ]

  function switchRoutes(
    path: "/agents/me/focus" | "/agents/me/pause",
    set: (tx: Tx, agentId: string, on: boolean) => Promise<void>,
    body: z.ZodObject,
  ): Route[] {
    return (["PUT", "DELETE"] as const).map((method) =>
      route({
        method,
        path,
        action: "agent.self",
        ...(method === "PUT" ? { body: body.optional() } : {}),
        answers: { 200: Agent },
        handle: ({ principal, write }) =>
          changed(write, principal, principal.ownerId, (tx) => set(tx, principal.ownerId, method === "PUT")),
      }),
    )
  }
}

const Count = z.object({ waiting: z.int(), oldestSeconds: z.int().nullable(), earliestDueAt: z.string().nullable() })

export function agentIdOf(principal: Principal, id: string): string {
  return id === "me" ? principal.ownerId : id
}

async function mustBeReason(tx: Tx, id: string, status: "logged_in" | "away" | "logged_out"): Promise<void> {
  const row = await tx.db
    .selectFrom("awayReasons")
    .select("kind")
    .where("orgId", "=", tx.orgId)
    .where("id", "=", id)
    .where("deletedAt", "is", null)
    .executeTakeFirst()
  const fits = row && (row.kind === "away") === (status === "away")
  if (!fits)
    throw invalid({
      pointer: "#/reasonId",
      code: "unknown_reference",
      detail: "This reason does not exist. Choose one from the list.",
    })
}
