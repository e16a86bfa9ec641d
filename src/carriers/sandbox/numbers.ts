import type { Kysely } from "kysely"
import type { Clock } from "../../clock.ts"
import type { DB } from "../../store/tables.ts"
import { ensureNumber, listNumbers, type SandboxNumber, takenNumbers } from "./books.ts"
import { catalogueOf, isSandboxNumber, numberSidOf } from "./catalogue.ts"
import type { SandboxAccount } from "./account.ts"

/**
 * What an account owns: its catalogue without what other organizations took, and whatever number it asked for by name.
 * Asking for a number puts it on the books, as if it had been there from the start.
 */
export async function ownedNumbers(
  { db, clock }: { db: Kysely<DB>; clock: Clock },
  account: SandboxAccount,
  e164: string | null,
): Promise<SandboxNumber[]> {
  const wanted =
    e164 === null ? catalogueOf(account.accountSid).map((one) => one.e164) : isSandboxNumber(e164) ? [e164] : []
  const taken = await takenNumbers(db, wanted)
  const at = clock.now()
  for (const number of wanted) {
    const owner = taken.get(number)
    if (owner === undefined || owner === account.orgId)
      await ensureNumber(db, account, { e164: number, sid: numberSidOf(account.accountSid, number), at })
  }
  const owned = await listNumbers(db, account.orgId, account.accountSid)
  const elsewhere = new Set([...taken].filter(([, orgId]) => orgId !== account.orgId).map(([number]) => number))
  return owned.filter((number) => !elsewhere.has(number.e164) && (e164 === null || number.e164 === e164))
}
