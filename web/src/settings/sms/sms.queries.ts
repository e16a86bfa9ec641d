import { queryOptions } from "@tanstack/react-query"
import type { CarrierAccount, CarrierNumber } from "../../../../src/core/carriers/carrier-account.ts"
import type { PhoneNumber } from "../../../../src/core/carriers/phone-number.ts"
import { listAll } from "../../api.ts"

/** Numbers that can do text messages. */
export const smsNumbersQuery = queryOptions({
  queryKey: ["phone-numbers", "sms"],
  queryFn: ({ signal }) => listAll<PhoneNumber>("/phone-numbers?capability=sms", signal),
})

export const carrierAccountsQuery = queryOptions({
  queryKey: ["carrier-accounts"],
  queryFn: ({ signal }) => listAll<CarrierAccount>("/carrier-accounts", signal),
})

/** What an account owns at the company. */
export const carrierNumbersQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["carrier-accounts", accountId, "numbers"],
    queryFn: ({ signal }) => listAll<CarrierNumber>(`/carrier-accounts/${accountId}/numbers`, signal),
  })
