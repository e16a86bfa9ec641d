import { readMailAddress } from "../../../src/core/mailboxes/mailbox.ts"

/** Each once, in the order typed and however written; `wrong` are those that are none. */
export function readAddressLines(text: string): { addresses: string[]; wrong: string[] } {
  const typed = new Map<string, string>()
  // "Retale Support <support@retale.com>", as a mail program copies it.
  for (const each of text.replace(/(?:"[^"\n]*"|[^\n,;<>"])*<([^\s<>]*)>/g, " $1 ").split(/[\s,;]+/)) {
    if (each && !typed.has(each.toLowerCase())) typed.set(each.toLowerCase(), each)
  }
  const addresses = [...typed.values()]
  return { addresses, wrong: addresses.filter((each) => readMailAddress(each) === null) }
}
