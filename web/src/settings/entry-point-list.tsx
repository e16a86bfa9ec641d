import { Button, EmptyState } from "@mantine/core"
import { type Icon, IconPlus } from "@tabler/icons-react"
import type { UseQueryResult } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { type Column, DataTable } from "../field/data-table.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import { SettingsPage } from "./settings-page.tsx"

type Props<Row> = {
  title: string
  lead: string
  requiredRole: string
  caption: string
  query: UseQueryResult<Row[]>
  columns: Column<Row>[]
  onRow: (row: Row) => void
  /** Absent for who may not. */
  add?: { label: ReactNode; onClick: () => void }
  empty: { icon: Icon; title: string; description: string }
  notice?: ReactNode
  /** What is opened over the list. */
  children?: ReactNode
}

/** A page of Settings that lists what customers reach us by, with a button that adds one. */
export function EntryPointList<Row extends { id: string }>(props: Props<Row>) {
  const { title, lead, requiredRole, caption, query, columns, onRow, add, empty, notice, children } = props
  const button = add && (
    <Button leftSection={<IconPlus size={18} stroke={1.75} />} onClick={add.onClick}>
      {add.label}
    </Button>
  )
  const isEmpty = query.data?.length === 0
  return (
    // One filled button: on an empty page it stands where the sentence is.
    <SettingsPage title={title} lead={lead} requiredRole={requiredRole} actions={isEmpty ? undefined : button}>
      {notice}
      <ResourceState
        query={query}
        isEmpty={(rows) => rows.length === 0}
        empty={
          <EmptyState
            py="xl"
            icon={<empty.icon size={28} stroke={1.75} />}
            title={empty.title}
            description={empty.description}
          >
            <EmptyState.Actions>{button}</EmptyState.Actions>
          </EmptyState>
        }
      >
        {(rows) => <DataTable caption={caption} columns={columns} rows={rows} rowKey={(row) => row.id} onRow={onRow} />}
      </ResourceState>
      {children}
    </SettingsPage>
  )
}
