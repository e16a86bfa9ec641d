import type { RawBuilder } from "kysely"
import type { PlacedMessage, TextChannel } from "../core/conversations/place.ts"
import { resolve } from "../core/entry-points/resolve.ts"
import type { WorkflowSettings } from "../core/workflow/settings.ts"
import { newId } from "../ids.ts"
import { addressesOf, type FoundAddress, insertClaims, nameCustomers } from "../store/customers.ts"
import type { Arrival } from "../store/inbound-events.ts"
import { type QueueLength, queueLengths } from "../store/queue-places.ts"
import { type RoutingRow, routingOf, routingRows } from "../store/routing-settings.ts"
import type { Tx } from "../store/write.ts"
import type { InboundEvent } from "./inbound-event.ts"
import type { Taken } from "./placed.ts"
import type { RecentInboxes } from "./recent-inboxes.ts"
import { findSenders } from "./senders.ts"
import { findThreads } from "./threads.ts"
import { resolvable, Unprocessable } from "./unprocessable.ts"

/** What is found out about arrived events before anything is written. */

export type Known = { addresses: FoundAddress[]; routing: RoutingRow[]; lengths: QueueLength[] }

/** Senders, settings and queues: all that can be asked for before anything is known. `knownOf` takes their rows. */
export function whatIsKnown(
  tx: Tx,
  events: readonly InboundEvent[],
  recentInboxes: RecentInboxes | undefined,
): [RawBuilder<FoundAddress>, RawBuilder<RoutingRow>, RawBuilder<QueueLength>] {
  const entryPointIds = [...new Set(events.map(({ entryPointId }) => entryPointId))]
  return [
    addressesOf(
      tx,
      events.map(({ from }) => from),
    ),
    routingRows(tx.orgId, entryPointIds),
    queueLengths(tx.orgId, recentInboxes?.of(entryPointIds) ?? []),
  ]
}

export function knownOf([addresses, routing, lengths]: [FoundAddress[], RoutingRow[], QueueLength[]]): Known {
  return { addresses, routing, lengths }
}

/** Entry point, sender and thread of each event. Throws `Unprocessable` for what no retry mends. */
export async function understand(
  tx: Tx,
  arrivals: readonly Arrival[],
  { addresses, routing }: Known,
): Promise<{ taken: Taken[]; settings: WorkflowSettings }> {
  const { entryPoints, table, settings } = routingOf(routing)
  const senders = await findSenders(tx, arrivals, addresses)
  const threads = await findThreads(tx, arrivals, senders.idOf)
  await insertClaims(
    tx,
    arrivals.flatMap(({ event }) =>
      (event.claims ?? []).map((claim) => ({ ...claim, customerId: senders.idOf(event) })),
    ),
  )
  await nameCustomers(tx, senders.toName)
  const taken = arrivals.map((arrival): Taken => {
    const { event, receivedAt } = arrival
    const entryPoint = entryPoints.get(event.entryPointId)
    if (!entryPoint) throw new Unprocessable("entry_point_missing", `Entry point ${event.entryPointId} does not exist.`)
    if (event.channel === "voice") throw new Unprocessable("channel_not_taken", "Calls are placed when they queue.")
    const customerId = senders.idOf(event)
    const thread = threads.get(arrival.id)
    const placed: PlacedMessage = {
      id: newId(),
      channel: event.channel satisfies TextChannel,
      receivedAt,
      entryPointId: entryPoint.id,
      resolution: resolvable(() => resolve(entryPoint, table)),
      threaded: thread?.threaded ?? false,
    }
    return {
      ...arrival,
      customerId,
      customerIsNew: senders.created.has(customerId),
      placed,
      entryPoint,
      defaultInboxId: table.defaults.get(entryPoint.section)?.inboxId ?? null,
      relatedConversationId: thread?.relatedConversationId ?? null,
      inReplyToId: thread?.inReplyToId ?? null,
      at: event.sentAt && event.sentAt.getTime() <= receivedAt.getTime() ? event.sentAt : receivedAt,
    }
  })
  return { taken, settings }
}
