import { Button, EmptyState, VisuallyHidden } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconDeviceMobileMessage, IconMessagePlus } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { useState } from "react"
import { useMe } from "../can.ts"
import { PermissionGate } from "../field/permission-gate.tsx"
import { QueryError, RowSkeleton } from "../field/resource-state.tsx"
import { entryPointsQuery } from "../settings/entry-points/entry-points.queries.ts"
import { useTitle } from "../shell/page-title.ts"
import { useDeliveries } from "./deliveries.ts"
import { useKept } from "./kept.ts"
import { NewCustomer } from "./new-customer.tsx"
import classes from "./phone.module.css"
import { phoneChannels } from "./send.ts"
import { ThreadList } from "./thread-list.tsx"
import { ThreadView } from "./thread-view.tsx"
import { threadsOf } from "./threads.ts"

/** The phone in the browser: here one plays the customers. Made of the sandbox's messages and deliveries only. */
export function PhonePage() {
  return (
    <PermissionGate action="sandbox.use">
      <Phone />
    </PermissionGate>
  )
}

function Phone() {
  const { t } = useLingui()
  const me = useMe()
  const navigate = useNavigate()
  const { address } = useSearch({ from: "/signed-in/test/phone" })
  const deliveries = useDeliveries()
  const { written, told } = useKept(me.organization.id)
  const [isNew, setNew] = useState(false)
  const entryPoints =
    useQuery(entryPointsQuery).data?.filter(
      ({ channel, status }) => status === "active" && phoneChannels.includes(channel),
    ) ?? []
  useTitle(t`Test phone`)
  const threads = threadsOf(deliveries.items, written)
  const thread = isNew ? undefined : threads.find((each) => each.address === address)
  const lastId = deliveries.items.at(-1)?.id ?? ""
  const open = (to: string | undefined) => {
    setNew(false)
    void navigate({ to: "/test/phone", search: to === undefined ? {} : { address: to } })
  }
  return (
    <div className={classes.page} data-open={thread !== undefined || isNew || undefined}>
      <VisuallyHidden>
        <h1>
          <Trans>Test phone</Trans>
        </h1>
      </VisuallyHidden>
      <section className={classes.list} aria-label={t`Addresses`}>
        <header className={classes.head}>
          <div className="grow">
            <div className={classes.title} aria-hidden>
              <Trans>Test phone</Trans>
            </div>
            <p className={classes.lead}>
              <Trans>Write as a customer; answers come back here. Nothing leaves this server.</Trans>
            </p>
          </div>
        </header>
        <div className={classes.new}>
          <Button
            fullWidth
            variant={thread || isNew ? "default" : "filled"}
            leftSection={<IconMessagePlus size={18} stroke={1.75} />}
            onClick={() => setNew(true)}
          >
            <Trans>New customer</Trans>
          </Button>
        </div>
        {deliveries.error && (
          <div className={classes.new}>
            <QueryError error={deliveries.error} retry={() => window.location.reload()} busy={false} />
          </div>
        )}
        {deliveries.isLoading && threads.length === 0 ? (
          <div className={classes.new}>
            <RowSkeleton />
          </div>
        ) : (
          <ThreadList threads={threads} told={told} selected={thread?.address} onOpen={open} />
        )}
      </section>
      {isNew ? (
        <NewCustomer
          entryPoints={entryPoints}
          afterId={lastId}
          taken={threads.map((each) => each.address)}
          onClose={() => setNew(false)}
          onSent={open}
        />
      ) : thread ? (
        <ThreadView
          key={thread.address}
          thread={thread}
          told={told}
          entryPoints={entryPoints}
          afterId={lastId}
          onBack={() => open(undefined)}
        />
      ) : (
        <section className={classes.nothing} aria-label={t`Thread`}>
          <EmptyState
            icon={<IconDeviceMobileMessage size={28} stroke={1.75} />}
            title={t`Nobody is chosen`}
            description={t`Choose an address at the left, or write as a new customer.`}
          />
        </section>
      )}
    </div>
  )
}
