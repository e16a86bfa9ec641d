import type { AgentFact, AssignedFact, MirroredKind, MirroredRows } from "./facts.ts"

/** Where a row that the engine holds is not what the database says (routing.md 3.5, I14). */
export type Drift = { kind: MirroredKind; id: string; how: "differs" | "missed" }

type Versioned = { id: string; version: number; state?: string }
type Compared = { kind: MirroredKind; held: Versioned[]; stored: Versioned[] }

/**
 * Rows of equal version must be equal; a row that is newer than the database's cannot be. `newer` are those of which the
 * database has more than the engine had: right while their events are under way.
 */
export function compareRows(held: MirroredRows, stored: MirroredRows): { drifts: Drift[]; newer: Known[] } {
  const kinds: Compared[] = [
    { kind: "item", held: held.items, stored: stored.items },
    { kind: "agent", held: held.agents.map(comparableAgent), stored: stored.agents.map(comparableAgent) },
    { kind: "offer", held: held.offers, stored: stored.offers },
    { kind: "assigned", held: held.assigned.map(comparable), stored: stored.assigned.map(comparable) },
  ]
  return { drifts: kinds.flatMap(driftsOf), newer: kinds.flatMap(newerOf) }
}

export type Known = { kind: MirroredKind; id: string; version: number }

function driftsOf({ kind, held, stored }: Compared): Drift[] {
  const byId = new Map(stored.map((row) => [row.id, row]))
  return held.flatMap((row): Drift[] => {
    const other = byId.get(row.id)
    if (other && other.version > row.version) return []
    const isEqual = other?.version === row.version && sameFields(row, other)
    return isEqual ? [] : [{ kind, id: row.id, how: "differs" }]
  })
}

/** What is over and not held is nothing to the engine. */
function newerOf({ kind, held, stored }: Compared): Known[] {
  // Of assigned work the engine hears only what matters to a grace: that it is behind says nothing.
  if (kind === "assigned") return []
  const byId = new Map(held.map((row) => [row.id, row]))
  return stored.flatMap(({ id, version, state }) => {
    const isLive = state === undefined || liveStates.includes(state)
    const known = byId.get(id)?.version ?? (isLive ? 0 : version)
    return version > known ? [{ kind, id, version }] : []
  })
}

const liveStates: readonly string[] = ["waiting", "offered", "pending"]

function sameFields(a: object, b: object): boolean {
  const ofB = new Map(Object.entries(b))
  const ofA = Object.entries(a)
  return (
    ofA.length === ofB.size && ofA.every(([name, value]) => JSON.stringify(value) === JSON.stringify(ofB.get(name)))
  )
}

/** Settings end by the true clock, before the sweep says so with a new version. */
function comparableAgent({ settingsUntil: _until, ...agent }: AgentFact): Versioned {
  return agent
}

/** A contact that ends may change the group without a new version of the conversation. */
function comparable({ group: _group, ...conversation }: AssignedFact): Versioned {
  return conversation
}
