/** English words in the order and on the clock of the reader's country: "Yesterday", and 20:35 where that is usual. */
export const locale = localeFor("en", navigator.language)

/** `words` is the language of our catalogue; what `Intl` says beside it must be in the same one. */
export function localeFor(words: string, reader: string): string {
  try {
    const { region } = new Intl.Locale(reader).maximize()
    return region ? `${words}-${region}` : words
  } catch {
    return words
  }
}
