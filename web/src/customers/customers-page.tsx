import { Button, EmptyState, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconSearch, IconUserOff } from "@tabler/icons-react"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import type { Customer } from "../../../src/core/customers/customer.ts"
import { announce } from "../field/announcer.tsx"
import { type Column, DataTable } from "../field/data-table.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import { StatusChip } from "../field/status-chip.tsx"
import { useTitle } from "../shell/page-title.ts"
import { shownName } from "../workspace/names.ts"
import { shownAddresses } from "./address-text.ts"
import classes from "./customers.module.css"
import { customersQuery } from "./customers.queries.ts"
import { FoundConversations } from "./found-conversations.tsx"

const typingMs = 200

/** All customers, found by name or address; and what was said with these words. */
export function CustomersPage() {
  const { t } = useLingui()
  const heading = useRef<HTMLHeadingElement>(null)
  const { q = "" } = useSearch({ from: "/signed-in/customers" })
  const navigate = useNavigate()
  const [typed, setTyped] = useState(q)
  const [searched] = useDebouncedValue(typed.trim(), typingMs)
  const query = useInfiniteQuery(customersQuery(searched))
  useTitle(t`Customers`)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  // What the address says is taken over when somebody else wrote it there: a link, the way back.
  const written = useRef(q)
  useEffect(() => {
    if (q !== written.current) setTyped(q)
    written.current = q
  }, [q])
  useEffect(() => {
    if (searched === written.current) return
    written.current = searched
    void navigate({ to: "/customers", search: searched ? { q: searched } : {}, replace: true })
  }, [searched, navigate])
  const rows = query.data?.pages.flatMap((page) => page.items)
  useFoundAnnounced(searched, rows?.length, query.hasNextPage)
  return (
    <div className={classes.page}>
      <div className={classes.inner}>
        <header className={classes.head}>
          <h1 className={classes.title} tabIndex={-1} ref={heading}>
            <Trans>Customers</Trans>
          </h1>
          <TextInput
            type="search"
            className={classes.search}
            aria-label={t`Search customers and what was said`}
            placeholder={t`Name, address, phone number or words`}
            leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </header>
        <ResourceState query={query} isEmpty={() => rows?.length === 0} empty={<Nobody q={searched} />}>
          {() => <CustomerTable customers={rows ?? []} />}
        </ResourceState>
        <FoundConversations q={searched} />
        {query.hasNextPage && (
          <div className={classes.more}>
            <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              <Trans>Show more customers</Trans>
            </Button>
          </div>
        )}
      </div>
    </div>
  )
}

function CustomerTable({ customers }: { customers: Customer[] }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const nameOf = (customer: Customer) => shownName(customer.name, shownAddresses(customer)[0] ?? t`Unknown customer`)
  const columns: Column<Customer>[] = [
    {
      key: "name",
      header: t`Name`,
      sortBy: nameOf,
      width: "30%",
      cell: (customer) => (
        <Link
          to="/customers/$customerId"
          params={{ customerId: customer.id }}
          className={classes.name}
          title={nameOf(customer)}
        >
          {nameOf(customer)}
        </Link>
      ),
    },
    {
      key: "email",
      header: t`Email`,
      width: "36%",
      cell: (customer) => <AddressCell addresses={shownAddresses(customer, "email")} />,
    },
    {
      key: "phone",
      header: t`Phone`,
      cell: (customer) => (
        <span className={classes.phone}>
          <AddressCell addresses={shownAddresses(customer, "phone")} />
          {customer.optOuts.length > 0 && (
            <StatusChip status="off" title={t`The customer wrote STOP.`}>
              <Trans>Opted out of texts</Trans>
            </StatusChip>
          )}
        </span>
      ),
    },
  ]
  return (
    <DataTable
      caption={t`Customers`}
      columns={columns}
      rows={customers}
      rowKey={({ id }) => id}
      onRow={({ id }) => void navigate({ to: "/customers/$customerId", params: { customerId: id } })}
    />
  )
}

function AddressCell({ addresses }: { addresses: string[] }) {
  const [first, ...others] = addresses
  if (first === undefined) return <span className="dim">–</span>
  return (
    <span className={`${classes.address} num`} title={addresses.join(", ")}>
      <span className="ellipsis">{first}</span>
      {others.length > 0 && <span className="dim">+{others.length}</span>}
    </span>
  )
}

function Nobody({ q }: { q: string }) {
  const { t } = useLingui()
  return (
    <EmptyState
      py="xl"
      icon={<IconUserOff size={28} stroke={1.75} />}
      title={q ? t`No customer called “${q}”` : t`No customers yet`}
      description={
        q
          ? t`Try a part of the name, the mail address or the phone number.`
          : t`Whoever writes to an entry point appears here.`
      }
    />
  )
}

function useFoundAnnounced(searched: string, count: number | undefined, isMore: boolean) {
  const { t } = useLingui()
  useEffect(() => {
    if (searched && count !== undefined)
      announce("status", isMore ? t`More than ${count} customers` : t`${count} customers`)
  }, [searched, count, isMore, t])
}
