import type { Section } from "../channels.ts"

/**
 * Which Inbox an entry point feeds and how fast its requests are due (spec 2.5). The only place that decides this:
 * intake, the Entry Points page and every explanation ask here.
 */

/** An entry point as far as routing needs it. `section` is `ivr` for exit nodes. */
export type RoutedEntryPoint = { id: string; section: Section }

/** slaSeconds null: the Inbox's own SLA. */
export type InboxChoice = { inboxId: string; slaSeconds: number | null }

/** The routing settings of an organization, as saved, or as they would be after a form is saved. */
export type RoutingTable = {
  defaults: ReadonlyMap<Section, InboxChoice>
  /** By entry point id. */
  exceptions: ReadonlyMap<string, InboxChoice>
  inboxes: ReadonlyMap<string, { name: string; slaSeconds: number }>
}

export type InboxSource = "default" | "exception"
export type SlaSource = "exception" | "channel_default" | "inbox"

/** `Resolution` of the API (api.md 1.1). */
export type Resolution = {
  inboxId: string
  inboxName: string
  inboxSource: InboxSource
  slaSeconds: number
  slaSource: SlaSource
}

/** Throws where the settings are broken: an entry point without an Inbox must be impossible (spec 2.2.5). */
export function resolve(entryPoint: RoutedEntryPoint, routing: RoutingTable): Resolution {
  const exception = routing.exceptions.get(entryPoint.id)
  const choice = exception ?? routing.defaults.get(entryPoint.section)
  if (!choice) throw new Error(`No default Inbox for section ${entryPoint.section} of entry point ${entryPoint.id}`)
  const inbox = routing.inboxes.get(choice.inboxId)
  if (!inbox) throw new Error(`Entry point ${entryPoint.id} points to Inbox ${choice.inboxId}, which does not exist`)
  return {
    inboxId: choice.inboxId,
    inboxName: inbox.name,
    inboxSource: exception ? "exception" : "default",
    // A blank exception takes its own Inbox's SLA, not the section's default SLA (S73).
    slaSeconds: choice.slaSeconds ?? inbox.slaSeconds,
    slaSource: choice.slaSeconds === null ? "inbox" : exception ? "exception" : "channel_default",
  }
}
