import type { QueryClient } from "@tanstack/react-query"
import { type LiveEvent, type LiveFrame, live } from "./live.ts"

/** Which cached answers an event makes old: the first part of the event's type → first parts of query keys. */
const madeOldBy: Record<string, string[][]> = {
  channel_routing: [["channel-routings"], ["entry-points"], ["entry-points-overview"], ["inboxes"]],
  entry_point: [["entry-points"], ["channel-routings"], ["channels"], ["me"], ["entry-points-overview"]],
  inbox: [["inboxes"], ["channel-routings"], ["entry-points-overview"]],
  inbox_member: [["inboxes"], ["users"], ["channel-routings"], ["me"]],
  user: [["users"], ["me"]],
  invitation: [["invitations"], ["users"]],
  mailbox: [["mailboxes"], ["entry-points"], ["channel-routings"]],
  chat_app: [["chat-apps"], ["entry-points"], ["channel-routings"]],
  phone_number: [["phone-numbers"], ["entry-points"], ["carrier-accounts"]],
  carrier_account: [["carrier-accounts"]],
  workflow_settings: [["workflow-settings"]],
  organization: [["me"], ["organization"]],
  agent_availability: [["agents"]],
  agent_status: [["agents"]],
  agent_focus: [["agents"]],
  inbound_event: [["inbound-events"]],
  notification: [["notifications"]],
}

/** Connects the socket with the cache; the workspace adds its own listeners beside. */
export function feedCache(client: QueryClient): () => void {
  const stopEvents = live.on("event", (frame) => invalidate(client, frame as LiveEvent))
  const stopCounts = live.on("counts", (frame) => client.setQueryData(["counts"], countsOf(frame)))
  // The server ends an absence for a lost line before it lets the socket in: nobody is told of it, and it was read before.
  const stopWelcome = live.on("welcome", () => void client.invalidateQueries({ queryKey: ["agents", "me"] }))
  const stopGone = live.on("problem", (frame) => {
    if (frame.code === "position_gone") void client.invalidateQueries()
  })
  return () => {
    stopEvents()
    stopCounts()
    stopWelcome()
    stopGone()
  }
}

function invalidate(client: QueryClient, event: LiveEvent) {
  const entity = event.eventType.split(".")[0] ?? ""
  for (const queryKey of madeOldBy[entity] ?? []) void client.invalidateQueries({ queryKey })
}

function countsOf(frame: LiveFrame) {
  const { voice, messaging, mail } = frame
  return { voice, messaging, mail }
}
