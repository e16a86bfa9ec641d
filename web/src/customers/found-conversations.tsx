import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import type { Conversation } from "../../../src/core/conversations/conversation.ts"
import { api, type Page, query } from "../api.ts"
import { shownName } from "../workspace/names.ts"
import { ConversationLink } from "./customer-conversations.tsx"
import classes from "./customers.module.css"

const foundMax = 20

/** Conversations in which the words were said; under the customers, so that a small screen searches both in one place. */
export function FoundConversations({ q }: { q: string }) {
  const { t } = useLingui()
  const found = useQuery({
    queryKey: ["conversations", "found", q],
    queryFn: ({ signal }) => api.get<Page<Conversation>>(`/conversations${query({ q, limit: foundMax })}`, signal),
    enabled: q.length > 1,
  }).data?.items
  if (!found || found.length === 0) return null
  return (
    <section className={classes.found} aria-labelledby="found-conversations">
      <h2 id="found-conversations">
        <Trans>Conversations</Trans>
      </h2>
      <ul className={classes.conversations}>
        {found.map((each) => (
          <li key={each.id}>
            <ConversationLink conversation={each} name={shownName(each.customer.name, t`Unknown customer`)} />
          </li>
        ))}
      </ul>
    </section>
  )
}
