import { Button, Skeleton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconArrowLeft } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { useNowMinutes } from "../field/now.ts"
import { PermissionGate } from "../field/permission-gate.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import { StatusChip } from "../field/status-chip.tsx"
import { useTitle } from "../shell/page-title.ts"
import { Addresses } from "../workspace/customer/addresses.tsx"
import { channelOf } from "../workspace/list/groups.ts"
import { shownName, useNames } from "../workspace/names.ts"
import { shortTime } from "../workspace/short-time.ts"
import { Timeline } from "../workspace/timeline/timeline.tsx"
import { customerConversationsQuery, customerQuery } from "../workspace/work.queries.ts"
import classes from "./customers.module.css"

/** A customer: addresses, conversations, and everything that was said over all channels. */
export function CustomerPage() {
  return (
    <PermissionGate action="customer.read">
      <CustomerView />
    </PermissionGate>
  )
}

function CustomerView() {
  const { t } = useLingui()
  const { customerId = "" } = useParams({ strict: false })
  const query = useQuery(customerQuery(customerId))
  const name = shownName(query.data?.name ?? null, t`Customer`)
  useTitle(name)
  return (
    <div className={classes.page}>
      <section className={classes.facts} aria-label={t`Customer`}>
        <Button
          component={Link}
          to="/work"
          variant="subtle"
          size="compact-sm"
          leftSection={<IconArrowLeft size={16} stroke={1.75} />}
          className={classes.back}
        >
          <Trans>Workspace</Trans>
        </Button>
        <ResourceState query={query} skeleton={<Skeleton height={120} />}>
          {(customer) => (
            <>
              <h1 className={classes.name}>{name}</h1>
              <Addresses customer={customer} />
              <Conversations customerId={customer.id} />
            </>
          )}
        </ResourceState>
      </section>
      <section className={classes.history} aria-label={t`History`}>
        {query.data && (
          <Timeline
            key={customerId}
            customerId={customerId}
            customerName={name}
            conversationId={null}
            onWhy={() => undefined}
          />
        )}
      </section>
    </div>
  )
}

function Conversations({ customerId }: { customerId: string }) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const names = useNames()
  const query = useQuery(customerConversationsQuery(customerId))
  return (
    <>
      <h2 className={classes.title}>
        <Trans>Conversations</Trans>
      </h2>
      <ResourceState
        query={query}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <p className="dim">
            <Trans>None yet.</Trans>
          </p>
        }
      >
        {({ items }) => (
          <ul className={classes.list}>
            {items.map((each) => (
              <li key={each.id}>
                <Link to="/work/c/$conversationId" params={{ conversationId: each.id }} className={classes.link}>
                  <ChannelIcon channel={channelOf(each)} />
                  <span className="grow">
                    <span className="ellipsis" style={{ display: "block" }}>
                      {each.lastItem?.preview || t`No message`}
                    </span>
                    <span className="dim" style={{ fontSize: 12 }}>
                      {names.inbox(each.inboxId)} · {shortTime(each.lastItem?.at ?? each.createdAt, now)}
                    </span>
                  </span>
                  {each.status === "closed" ? (
                    <StatusChip status="off" icon={null}>
                      <Trans>Closed</Trans>
                    </StatusChip>
                  ) : (
                    <StatusChip status="info" icon={null}>
                      <Trans>Open</Trans>
                    </StatusChip>
                  )}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </ResourceState>
    </>
  )
}
