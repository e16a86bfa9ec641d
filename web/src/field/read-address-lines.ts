import { readMailAddress } from "../../../src/core/mailboxes/mailbox.ts"

/** Each once, in the order typed; `wrong` is the first that is none. */
export function readAddressLines(text: string): { addresses: string[]; wrong: string | undefined } {
  const addresses = [...new Set(text.split(/[\s,;]+/).filter(Boolean))]
  return { addresses, wrong: addresses.find((each) => readMailAddress(each) === null) }
}
