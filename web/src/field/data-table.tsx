import { Table, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { IconArrowDown, IconArrowUp, IconArrowsSort } from "@tabler/icons-react"
import { type MouseEvent, type ReactNode, useState } from "react"
import classes from "./data-table.module.css"

export type Column<Row> = {
  key: string
  /** Plain text: it is also the label of the value on a phone. Empty for a column of actions. */
  header: string
  cell: (row: Row) => ReactNode
  /** What the column is sorted by; absent: it cannot be sorted. */
  sortBy?: (row: Row) => string | number
  width?: number | string
  numeric?: boolean
}

type Props<Row> = {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** A click anywhere in the row; the first cell should hold a link or button that does the same by keyboard. */
  onRow?: (row: Row) => void
  /** What the rows were filtered by: named when none is left. */
  filter?: string
}

/** Mantine's table with sorting, a caption for screen readers, and cards instead of rows on a phone. */
export function DataTable<Row>({ caption, columns, rows, rowKey, onRow, filter = "" }: Props<Row>) {
  const [sort, setSort] = useState<{ key: string; down: boolean } | null>(null)
  const sorted = sortedRows(rows, columns, sort)
  if (rows.length === 0 && filter.trim() !== "") return <NothingFound filter={filter} />
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (axe scrollable-region-focusable)
    <section className={classes.frame} aria-label={caption} tabIndex={0}>
      <Table stickyHeader className={classes.table}>
        <Table.Caption hidden>
          <VisuallyHidden>{caption}</VisuallyHidden>
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.map((row) => (
            <Table.Tr
              key={rowKey(row)}
              className={`${classes.row} ${onRow ? classes.clickable : ""}`}
              onClick={onRow && ((event) => !onControl(event) && onRow(row))}
            >
              {columns.map((column) => (
                <Table.Td
                  key={column.key}
                  data-label={column.header}
                  className={column.numeric ? `num ${classes.end}` : undefined}
                >
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

export function NothingFound({ filter }: { filter: string }) {
  const word = filter.trim()
  return (
    <section className={`${classes.frame} ${classes.none}`} role="status">
      <Trans>Nothing matches "{word}".</Trans>
    </section>
  )
}

type Sort = { key: string; down: boolean } | null

function HeaderCell<Row>({ column, sort, onSort }: { column: Column<Row>; sort: Sort; onSort: (sort: Sort) => void }) {
  const active = sort?.key === column.key
  const direction = active ? (sort.down ? "descending" : "ascending") : undefined
  const Arrow = active ? (sort.down ? IconArrowDown : IconArrowUp) : IconArrowsSort
  const className = column.numeric ? classes.end : undefined
  if (!column.sortBy)
    return (
      <Table.Th scope="col" w={column.width} className={className}>
        {column.header || (
          <VisuallyHidden>
            <Trans>Actions</Trans>
          </VisuallyHidden>
        )}
      </Table.Th>
    )
  return (
    <Table.Th scope="col" w={column.width} aria-sort={direction ?? "none"} className={className}>
      <UnstyledButton className={classes.sort} onClick={() => onSort({ key: column.key, down: active && !sort.down })}>
        {column.header}
        <Arrow size={14} stroke={1.75} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  )
}

function sortedRows<Row>(rows: Row[], columns: Column<Row>[], sort: Sort): Row[] {
  const by = columns.find((column) => column.key === sort?.key)?.sortBy
  if (!sort || !by) return rows
  const sign = sort.down ? -1 : 1
  return [...rows].sort((a, b) => sign * compare(by(a), by(b)))
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))
}

/** A click on a link or a button inside the row is its own affair. */
function onControl(event: MouseEvent): boolean {
  return event.target instanceof Element && event.target.closest("a, button, input, label") !== null
}
