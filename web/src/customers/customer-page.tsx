import { ActionIcon, Button, EmptyState, Tooltip, VisuallyHidden } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconArrowLeft, IconMessages, IconUserOff } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { Link, useNavigate, useParams } from "@tanstack/react-router"
import { useEffect, useRef } from "react"
import { ApiProblem } from "../api.ts"
import { PermissionGate } from "../field/permission-gate.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import { useTitle } from "../shell/page-title.ts"
import { Addresses } from "../workspace/customer/addresses.tsx"
import { shownAddresses } from "./address-text.ts"
import { shownName } from "../workspace/names.ts"
import { Timeline } from "../workspace/timeline/timeline.tsx"
import { useWorkLive } from "../workspace/use-work-live.ts"
import { customerConversationsQuery, customerQuery } from "../workspace/work.queries.ts"
import { CustomerConversations } from "./customer-conversations.tsx"
import classes from "./customers.module.css"

/** A customer's whole life, to read: the timeline of all channels without a composer, and what is known about him. */
export function CustomerPage() {
  return (
    <PermissionGate action="customer.read">
      <Profile />
    </PermissionGate>
  )
}

function Profile() {
  const { t } = useLingui()
  const { customerId } = useParams({ from: "/signed-in/customers/$customerId" })
  const navigate = useNavigate()
  const query = useQuery(customerQuery(customerId))
  const latest = useQuery(customerConversationsQuery(customerId)).data?.items[0]
  const name = shownName(query.data?.name ?? null, (query.data && shownAddresses(query.data)[0]) ?? t`Unknown customer`)
  const title = query.data ? name : t`Customer`
  useTitle(title, null)
  useWorkLive()
  if (query.error instanceof ApiProblem && query.error.status === 404) return <Gone />
  const openLatest = () =>
    latest && void navigate({ to: "/work/c/$conversationId", params: { conversationId: latest.id } })
  return (
    <div className={classes.profile}>
      <section className={classes.main} aria-label={t`History`}>
        <Bar name={title} latestId={latest?.id} />
        <VisuallyHidden>
          <h2>
            <Trans>History</Trans>
          </h2>
        </VisuallyHidden>
        <Timeline key={customerId} customerId={customerId} customerName={name} open={null} onWhy={openLatest} />
      </section>
      <aside className={classes.pane} aria-label={t`What is known`}>
        <section className={classes.part}>
          <h2>
            <Trans>Addresses</Trans>
          </h2>
          <ResourceState query={query}>{(customer) => <Addresses customer={customer} />}</ResourceState>
        </section>
        <CustomerConversations customerId={customerId} />
      </aside>
    </div>
  )
}

function Bar({ name, latestId }: { name: string; latestId: string | undefined }) {
  const { t } = useLingui()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <div className={classes.bar}>
      <Tooltip label={t`All customers`}>
        <ActionIcon component={Link} to="/customers" size={36} aria-label={t`All customers`}>
          <IconArrowLeft size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <h1 className={`${classes.title} ellipsis`} tabIndex={-1} ref={heading} title={name} dir="auto">
        {name}
      </h1>
      {latestId && (
        <Button
          renderRoot={(props) => <Link {...props} to="/work/c/$conversationId" params={{ conversationId: latestId }} />}
          size="xs"
          aria-label={t`Open conversation`}
          leftSection={<IconMessages size={16} stroke={1.75} />}
        >
          <span className={classes.wide}>
            <Trans>Open conversation</Trans>
          </span>
          <span className={classes.narrow}>
            <Trans>Open</Trans>
          </span>
        </Button>
      )}
    </div>
  )
}

function Gone() {
  const { t } = useLingui()
  return (
    <EmptyState
      py="xl"
      icon={<IconUserOff size={28} stroke={1.75} />}
      title={t`This customer is not here`}
      description={t`Deleted, or of an Inbox that you are not in.`}
    >
      <EmptyState.Actions>
        <Button variant="default" component={Link} to="/customers">
          <Trans>All customers</Trans>
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}
