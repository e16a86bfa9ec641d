import { infiniteQueryOptions } from "@tanstack/react-query"
import type { Customer } from "../../../src/core/customers/customer.ts"
import { api, type Page, query } from "../api.ts"

const pageSize = 50

/** All customers, or those whose name or address contains `q`; telephone numbers in any notation. */
export const customersQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ["customers", "list", q],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Customer>>(`/customers${query({ q, limit: pageSize, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (before) => before,
  })
