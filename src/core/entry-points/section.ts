import { type Section, sectionLabel } from "../channels.ts"
import { type InheritedSla, parseSlaMinutes, slaMessage } from "../sla/minutes.ts"

/**
 * Checks what is to be saved in one section of the Entry Points page: all errors at once, with the pointers and codes of
 * `PUT /channel-routings/{section}` (api.md 8.2). The browser asks it before it sends, the server before it stores.
 */

/** Leaves are unknown: this function also tells wrong types. Objects and arrays have been checked by the reader of the body. */
export type SectionBody = {
  defaultInboxId?: unknown
  defaultSlaMinutesText?: unknown
  exceptions?: readonly { entryPointId?: unknown; inboxId?: unknown; slaMinutesText?: unknown }[]
}

export type SectionConfiguration = {
  section: Section
  /** All entry points of the organization that are not deleted, by id. */
  entryPoints: ReadonlyMap<string, { section: Section }>
  /** All Inboxes of the organization, deactivated ones too, by id. */
  inboxes: ReadonlyMap<string, { name: string; slaMinutesText: string; active: boolean }>
}

export type FieldError = { pointer: string; code: string; detail: string }

export type SectionChoice = { inboxId: string; slaMinutesText: string | null; slaSeconds: number | null }
export type CheckedSection = {
  default: SectionChoice
  exceptions: (SectionChoice & { entryPointId: string })[]
}

export const exceptionsMax = 5000

export function checkSection(
  body: SectionBody,
  configuration: SectionConfiguration,
): { ok: true; value: CheckedSection } | { ok: false; errors: FieldError[] } {
  const errors: FieldError[] = []
  const rows = body.exceptions ?? []
  if (rows.length > exceptionsMax) {
    errors.push({ pointer: "#/exceptions", code: "too_many", detail: `At most ${exceptionsMax} exceptions.` })
    return { ok: false, errors }
  }
  const check = { configuration, errors, rowOfEntryPoint: new Map<string, number>() }
  const preset = checkChoice(
    check,
    "#/defaultInboxId",
    body.defaultInboxId,
    "#/defaultSlaMinutesText",
    body.defaultSlaMinutesText,
  )
  const exceptions = rows.map((row, index) => {
    const at = `#/exceptions/${index}`
    const entryPointId = checkEntryPoint(check, `${at}/entryPointId`, row.entryPointId, index + 1)
    const choice = checkChoice(check, `${at}/inboxId`, row.inboxId, `${at}/slaMinutesText`, row.slaMinutesText)
    return { entryPointId, ...choice }
  })
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: { default: preset, exceptions } }
}

type Check = { configuration: SectionConfiguration; errors: FieldError[]; rowOfEntryPoint: Map<string, number> }

function checkChoice(
  check: Check,
  inboxPointer: string,
  inboxId: unknown,
  slaPointer: string,
  sla: unknown,
): SectionChoice {
  const id = checkInbox(check, inboxPointer, inboxId)
  const inbox = check.configuration.inboxes.get(id)
  const inherited = inbox && { minutesText: inbox.slaMinutesText, inboxName: inbox.name }
  return { inboxId: id, ...checkSla(check, slaPointer, sla, inherited) }
}

/** Answers the id, or "" with an error noted: the caller goes on to find the other errors. */
function checkEntryPoint(
  { configuration, errors, rowOfEntryPoint }: Check,
  pointer: string,
  id: unknown,
  row: number,
): string {
  const refuse = (code: string, detail: string) => {
    errors.push({ pointer, code, detail })
    return ""
  }
  if (isBlank(id)) return refuse("required", "Choose an entry point.")
  if (typeof id !== "string") return refuse("type", "Send the entry point's id as text.")
  const entryPoint = configuration.entryPoints.get(id)
  if (!entryPoint) return refuse("unknown_reference", "This entry point does not exist. Choose one from the list.")
  if (entryPoint.section !== configuration.section) {
    const [theirs, ours] = [sectionLabel(entryPoint.section), sectionLabel(configuration.section)]
    return refuse("wrong_channel", `This entry point belongs to ${theirs}, not ${ours}.`) // S11
  }
  const former = rowOfEntryPoint.get(id)
  if (former) return refuse("duplicate", `This entry point already has an exception (row ${former}).`) // S71
  rowOfEntryPoint.set(id, row)
  return id
}

function checkInbox({ configuration, errors }: Check, pointer: string, id: unknown): string {
  const refuse = (code: string, detail: string) => {
    errors.push({ pointer, code, detail })
    return ""
  }
  if (isBlank(id)) return refuse("required", "Choose an Inbox.")
  if (typeof id !== "string") return refuse("type", "Send the Inbox's id as text.")
  const inbox = configuration.inboxes.get(id)
  if (!inbox) return refuse("unknown_reference", "This Inbox does not exist. Choose one from the list.") // S72
  if (inbox.active) return id
  errors.push({ pointer, code: "inbox_deactivated", detail: "This Inbox is deactivated. Choose an active one." }) // S72
  return id
}

function checkSla({ errors }: Check, pointer: string, typed: unknown, inherited: InheritedSla | undefined) {
  if (typed !== null && typed !== undefined && typeof typed !== "string") {
    errors.push({ pointer, code: "type", detail: 'Send the minutes as text, such as "5" or "0.66".' })
    return { slaMinutesText: null, slaSeconds: null }
  }
  const parsed = parseSlaMinutes(typed)
  if (parsed.ok) return { slaMinutesText: parsed.text, slaSeconds: parsed.seconds }
  errors.push({ pointer, code: parsed.code, detail: slaMessage(parsed.code, inherited) }) // S76 S77
  return { slaMinutesText: null, slaSeconds: null }
}

function isBlank(id: unknown): boolean {
  return id === null || id === undefined || id === ""
}
