import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import { checkSection, type FieldError, type SectionConfiguration } from "../../../../src/core/entry-points/section.ts"
import type { SectionBody } from "./entry-points.queries.ts"

/** A row while it is edited; `key` lives as long as the row on the screen. */
export type ExceptionDraft = { key: string; entryPointId: string | null; inboxId: string | null; sla: string }
export type SectionDraft = { defaultInboxId: string | null; defaultSla: string; exceptions: ExceptionDraft[] }

export function draftOf(routing: ChannelRouting): SectionDraft {
  return {
    defaultInboxId: routing.defaultInboxId,
    defaultSla: routing.defaultSlaMinutesText ?? "",
    exceptions: routing.exceptions.map((each) => ({
      key: each.entryPointId,
      entryPointId: each.entryPointId,
      inboxId: each.inboxId,
      sla: each.slaMinutesText ?? "",
    })),
  }
}

export function bodyOf(draft: SectionDraft): SectionBody {
  return {
    defaultInboxId: draft.defaultInboxId,
    defaultSlaMinutesText: textOrNull(draft.defaultSla),
    exceptions: draft.exceptions.map(({ entryPointId, inboxId, sla }) => ({
      entryPointId,
      inboxId,
      slaMinutesText: textOrNull(sla),
    })),
  }
}

/** How many things Save would change: the default's two fields, and each exception that is new, gone or different. */
export function countChanges(routing: ChannelRouting, draft: SectionDraft): number {
  const kept = new Map(draft.exceptions.map((row) => [row.key, row]))
  const removed = routing.exceptions.filter((saved) => !kept.has(saved.entryPointId)).length
  const different = draft.exceptions.filter((row) => isChanged(routing, row)).length
  return (
    Number(draft.defaultInboxId !== routing.defaultInboxId) +
    Number(draft.defaultSla.trim() !== (routing.defaultSlaMinutesText ?? "")) +
    removed +
    different
  )
}

export function isNew(routing: ChannelRouting, row: ExceptionDraft): boolean {
  return !routing.exceptions.some((saved) => saved.entryPointId === row.key)
}

export function isChanged(routing: ChannelRouting, row: ExceptionDraft): boolean {
  const saved = routing.exceptions.find((each) => each.entryPointId === row.key)
  if (!saved) return true
  return (
    saved.entryPointId !== row.entryPointId ||
    saved.inboxId !== row.inboxId ||
    (saved.slaMinutesText ?? "") !== row.sla.trim()
  )
}

/** The same check as the server's (core), by pointer without `#`. */
export function checkDraft(draft: SectionDraft, configuration: SectionConfiguration): Map<string, string> {
  const checked = checkSection(bodyOf(draft), configuration)
  return checked.ok ? new Map() : errorsByPointer(checked.errors)
}

export function errorsByPointer(
  errors: readonly (Pick<FieldError, "detail"> & { pointer?: string })[],
): Map<string, string> {
  return new Map(errors.map((error) => [(error.pointer ?? "").replace(/^#/, ""), error.detail]))
}

function textOrNull(typed: string): string | null {
  return typed.trim() === "" ? null : typed.trim()
}
