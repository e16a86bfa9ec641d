/**
 * The SLA field, shared by server and browser (spec 2.4; the table of api.md 8.2). Typed as decimal minutes, kept as
 * typed, stored as whole seconds: computed on the digits, because 1.025 * 60 is 61.49999999999999 in floating point.
 */

export type SlaCode = "sla_minus" | "sla_zero" | "sla_not_a_number" | "sla_too_small" | "sla_too_large"
export type ParsedSla = { ok: true; seconds: number; text: string } | { ok: false; code: SlaCode }
export type ParsedOptionalSla = ParsedSla | { ok: true; seconds: null; text: null }
export type ParsedRequiredSla = ParsedSla | { ok: false; code: "required" }

/** 365 days. */
export const slaMinutesMax = 525_600
export const slaTextLengthMax = 100

/** Of an entry point: blank inherits the selected Inbox's SLA (S73). `text` is what was typed, trimmed. */
export function parseSlaMinutes(typed: string | null | undefined): ParsedOptionalSla {
  const text = typed?.trim() ?? ""
  return text === "" ? { ok: true, seconds: null, text: null } : parseFilledIn(text)
}

/** Of an Inbox: blank is refused, every Inbox needs an SLA. */
export function parseInboxSlaMinutes(typed: string | null | undefined): ParsedRequiredSla {
  const text = typed?.trim() ?? ""
  return text === "" ? { ok: false, code: "required" } : parseFilledIn(text)
}

/** The first rule that fits decides. */
function parseFilledIn(text: string): ParsedSla {
  if (/[-\u2212\u2013]/.test(text)) return { ok: false, code: "sla_minus" } // hyphen, minus sign, en dash
  const parts = /^(\d+)(?:\.(\d*))?$|^\.(\d+)$/.exec(text)
  if (!parts || text.length > slaTextLengthMax) return { ok: false, code: "sla_not_a_number" }
  const whole = parts[1] ?? "0"
  const fraction = parts[2] ?? parts[3] ?? ""
  const scaled = BigInt(whole + fraction) // minutes * scale
  const scale = 10n ** BigInt(fraction.length)
  if (scaled === 0n) return { ok: false, code: "sla_zero" }
  if (scaled > BigInt(slaMinutesMax) * scale) return { ok: false, code: "sla_too_large" }
  const seconds = Number((scaled * 120n + scale) / (2n * scale)) // half up
  return seconds === 0 ? { ok: false, code: "sla_too_small" } : { ok: true, seconds, text }
}

/** What a blank field would take: named in the sentence that refuses 0. */
export type InheritedSla = { minutesText: string; inboxName: string }

/** The sentence at the field (ui.md 4.4). `inherited` is absent at an Inbox's own field, or while no Inbox is chosen. */
export function slaMessage(code: SlaCode | "required", inherited?: InheritedSla): string {
  switch (code) {
    case "required":
      return "Enter an SLA. Every Inbox needs one."
    case "sla_zero":
      return inherited
        ? `Enter more than 0. Empty means ${inherited.minutesText}, from ${inherited.inboxName}.`
        : "Enter more than 0."
    case "sla_minus":
      return "Minus signs are not allowed. Enter minutes such as 5 or 0.66."
    case "sla_not_a_number":
      return "Use digits and one dot, such as 1.5."
    case "sla_too_small":
      return "Too small. 0.01 is one second."
    case "sla_too_large":
      return `At most ${slaMinutesMax} minutes (365 days).`
  }
}

/** Minutes with up to two decimals, for seconds whose typed text is not at hand: 40 -> "0.67", 5400 -> "90". */
export function formatSlaMinutes(seconds: number): string {
  const hundredths = Math.round((seconds * 100) / 60)
  return String(hundredths / 100)
}

/** The largest two units that say it exactly enough for people: 40 -> "40 s", 14400 -> "4 h", 5400 -> "1 h 30 min". */
export function formatSeconds(seconds: number): string {
  const units: [number, string, string][] = [
    [Math.floor(seconds / 86_400), " day", " days"],
    [Math.floor(seconds / 3600) % 24, " h", " h"],
    [Math.floor(seconds / 60) % 60, " min", " min"],
    [seconds % 60, " s", " s"],
  ]
  const parts = units.filter(([n]) => n > 0).map(([n, one, many]) => `${n}${n === 1 ? one : many}`)
  return parts.length === 0 ? "0 s" : parts.join(" ")
}
