import type { AgentFact, Decision } from "../core/routing/facts.ts"
import { newId } from "../ids.ts"
import { type Lease, leaseToHold } from "../store/leases.ts"
import { knowAgents, type OwnRows, writeMatches } from "../store/matches.ts"
import { agentsUnchanged, leaseHeld } from "../store/refusals.ts"
import type { Tx } from "../store/write.ts"
import { agentsOf, agentsQueries, factsOf, type MatchDecision, Room } from "./guard.ts"
import { decisionRow, newAssignments, newOffers, tellOffered } from "./match-rows.ts"

/** What was reserved for arrivals does not hold: the whole transaction is undone, and intake goes on without it. */
export class ArrivalsRefused extends Error {
  /** What the guard refuses; the rest would have held. */
  readonly refused: readonly Decision[]

  constructor(refused: readonly Decision[]) {
    super("an agent who was reserved may not be given what arrived")
    this.name = "ArrivalsRefused"
    this.refused = refused
  }
}

/**
 * Writes what the engine reserved for rows that are about to be written (routing.md 3.1, fused). The engine is nearly
 * always right about its agents: so they are locked and judged by the guard of every other decision together with the
 * writing, without a round trip of its own, and a refusal undoes all of it. Everything but the agents is our own.
 * `known`: these agents, where nobody else decides about them now. Then the guard judges the rows of the engine, and the
 * database only says whether they are still the same.
 */
export function commitArrivals(
  tx: Tx,
  lease: Lease,
  decisions: readonly MatchDecision[],
  own: OwnRows,
  settings: { routingDelaySeconds: number },
  known: ReadonlyMap<string, AgentFact> | null,
): void {
  const keys = new Map(decisions.map((decision) => [decision.id, newId()]))
  const keyOf = (decision: Decision) => keys.get(decision.id) ?? newId()
  const channels = new Map([...own.contacts.values()].flat().map(({ id, channel }) => [id, channel]))
  const offers = newOffers(tx, own.items, channels, decisions, keyOf, lease.epoch)
  const assigning = newAssignments(tx, { conversations: own.conversations, ...settings }, decisions, keyOf)
  const agentIds = decisions.map(({ agentId }) => agentId)
  const judge = (agents: ReadonlyMap<string, AgentFact>) => {
    const room = new Room(tx, agents)
    const refused = decisions.filter((decision) => !room.take(decision))
    if (refused.length > 0) throw new ArrivalsRefused(refused)
    knowAgents(tx, agents, offers, assigning)
  }
  if (known) {
    judge(known)
    tx.also(leaseHeld(tx, lease))
    tx.also(
      agentsUnchanged(
        tx,
        [...known.values()].map(({ id, version }) => ({ id, version, inboxIds: inboxesOf(decisions, id) })),
      ),
    )
  } else {
    tx.late([leaseToHold(tx, lease), ...agentsQueries(tx, agentIds)], ([held, ...rows]) => {
      if (held.length === 0) throw new ArrivalsRefused([])
      judge(factsOf(agentsOf(rows).agents))
    })
  }
  const rows = decisions.map((decision) => decisionRow(tx, own.items, lease, decision, keyOf(decision)))
  writeMatches(tx, offers, assigning, rows, { own, items: new Map(), agents: null })
  for (const offer of offers) tellOffered(tx, offer)
}

function inboxesOf(decisions: readonly MatchDecision[], agentId: string): string[] {
  return [...new Set(decisions.filter((one) => one.agentId === agentId).map(({ inboxId }) => inboxId))]
}
