/** What stands on a file of strangers: only ever shown and offered as a name, never used as a path. */

const lengthMax = 150
const extensionLengthMax = 20
/** What is read of a name: its end, where the extension stands. */
const givenLengthMax = 1_000
/** Names that Windows keeps for devices, with any extension. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
// Control, zero-width, and those that turn the direction of reading (Trojan names such as "annexe\u202Egpj.exe").
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** A name that is safe to show and to save under: no folders, nothing invisible, at most 150 characters. */
export function cleanFileName(given: string): string {
  const last = given.slice(-givenLengthMax).toWellFormed().normalize("NFC").split(/[/\\]/).at(-1) ?? ""
  const visible = last
    .replaceAll(invisible, "")
    .replaceAll(/[<>:"|?*]/g, "_")
    .replaceAll(/\s+/g, " ")
  const trimmed = visible.replace(/^[.\s]+/, "").replace(/[.\s]+$/, "")
  const named = trimmed === "" ? "file" : reserved.test(trimmed) ? `_${trimmed}` : trimmed
  return shorten(named)
}

/** Keeps the extension. */
function shorten(name: string): string {
  const letters = [...name]
  if (letters.length <= lengthMax) return name
  const dot = name.lastIndexOf(".")
  const extension = dot > 0 && name.length - dot <= extensionLengthMax ? name.slice(dot) : ""
  return `${letters.slice(0, lengthMax - extension.length).join("")}${extension}`
}
