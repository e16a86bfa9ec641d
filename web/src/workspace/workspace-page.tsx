import { ActionIcon, Drawer, EmptyState, Kbd, Tooltip, VisuallyHidden } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconLayoutSidebarLeftExpand, IconMessages } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useParams, useSearch } from "@tanstack/react-router"
import { type CSSProperties, useEffect, useState } from "react"
import { useIsPhone } from "../field/is-phone.ts"
import { useCan } from "../can.ts"
import { PermissionGate } from "../field/permission-gate.tsx"
import { usePull } from "../shell/next-button.tsx"
import { useTitle } from "../shell/page-title.ts"
import { useAgentSelf } from "../shell/shell.queries.ts"
import { useLiveStatus } from "../use-live-status.ts"
import { ConversationPane } from "./conversation/conversation-pane.tsx"
import { CustomerPane } from "./customer/customer-pane.tsx"
import { ConversationList } from "./list/conversation-list.tsx"
import { shownName } from "./names.ts"
import { useDock } from "./offers/dock.ts"
import { focusOffer } from "./offers/offer-focus.ts"
import { OfferStack } from "./offers/offer-card.tsx"
import { useOffers } from "./offers/offers.ts"
import { PaneDivider } from "./pane-divider.tsx"
import { type Panes, paneWidths, usePanes } from "./panes.ts"
import { useWorkKey } from "./shortcuts.ts"
import { conversationQuery } from "./work.queries.ts"
import classes from "./workspace.module.css"

/** As wide as the person has the pane on a wider screen, with a strip of the conversation beside it. */
const drawerWidth = `clamp(${paneWidths.customer.min}px, var(--customer-width), 100vw - 64px)`

/** The agent's workspace: what is mine, what is said, who it is (ui.md 4.2). */
export function WorkspacePage() {
  return (
    <PermissionGate action="conversation.read">
      <Workspace />
    </PermissionGate>
  )
}

function Workspace() {
  const { t } = useLingui()
  const { conversationId = null } = useParams({ strict: false })
  const { list = "mine" } = useSearch({ strict: false }) as { list?: "queue" | "closed" }
  const isWide = useMediaQuery("(min-width: 75em)", true, { getInitialValueInEffect: false })
  const isPhone = useIsPhone()
  const { panes, resize, fold } = usePanes()
  const [drawer, setDrawer] = useState(false)
  const [why, setWhy] = useState(0)
  const asked = useQuery({ ...conversationQuery(conversationId ?? ""), enabled: conversationId !== null })
  const open = conversationId ? asked.data : undefined
  const name = open ? shownName(open.customer.name, t`Conversation`) : null
  useTitle(name ?? t`Workspace`, name === null ? t`Workspace` : null)
  const hasOffers = useOffers().length > 0
  /** Without a conversation it would stand empty, unless something is offered. */
  const inPane = isWide && !panes.customer.folded && ((conversationId !== null && !asked.isError) || hasOffers)
  const listFolded = !isPhone && panes.list.folded
  const showCustomer = () => (isWide ? fold("customer", false) : setDrawer(true))
  const toggleCustomer = () => (isWide ? fold("customer", !panes.customer.folded) : setDrawer(!drawer))
  /**
   * No pane beside the conversation has room for them: they stand below its header, where they cover nothing; on a phone over
   * what was said first, so that whoever is writing goes on: the composer is neither covered nor moved.
   */
  const offersAbove = open !== undefined && !inPane && !drawer
  useDock(inPane || (drawer && !isPhone) || offersAbove)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation closes the drawer
  useEffect(() => setDrawer(false), [conversationId])
  const askWhy = () => {
    showCustomer()
    setWhy((count) => count + 1)
  }
  useKeys({
    onFoldList: () => fold("list", !panes.list.folded),
    onFoldCustomer: toggleCustomer,
    onWhy: askWhy,
    onList: () => {
      if (!panes.list.folded) return focusList()
      fold("list", false)
      setTimeout(focusList, 0)
    },
  })
  return (
    <div
      className={classes.workspace}
      data-customer={inPane || undefined}
      data-list-folded={listFolded || undefined}
      data-panes
      style={widthsOf(panes)}
    >
      {!conversationId && (
        <VisuallyHidden component="h1">
          <Trans>Workspace</Trans>
        </VisuallyHidden>
      )}
      {listFolded ? (
        <FoldedList onUnfold={() => fold("list", false)} />
      ) : (
        <ConversationList
          view={list}
          openId={conversationId}
          hidden={isPhone && conversationId !== null}
          onFold={isPhone ? null : () => fold("list", true)}
        />
      )}
      {!listFolded && !isPhone && (
        <PaneDivider
          pane="list"
          width={panes.list.width}
          onResize={(width) => resize("list", width)}
          onFold={() => fold("list", true)}
        />
      )}
      {conversationId ? (
        <ConversationPane
          conversationId={conversationId}
          onCustomer={showCustomer}
          customerShown={inPane}
          onWhy={askWhy}
          offers={offersAbove ? (isPhone ? "over" : "above") : null}
        />
      ) : (
        !isPhone && <NothingOpen />
      )}
      {inPane && (
        <PaneDivider
          pane="customer"
          width={panes.customer.width}
          onResize={(width) => resize("customer", width)}
          onFold={() => fold("customer", true)}
        />
      )}
      {inPane && (
        <aside className={classes.customer} aria-label={t`Customer`}>
          <OfferStack />
          {open ? (
            <CustomerPane conversation={open} onFold={() => fold("customer", true)} why={why} />
          ) : (
            <div className={classes.none} />
          )}
        </aside>
      )}
      {!isWide && (
        <Drawer
          opened={drawer && open !== undefined}
          onClose={() => setDrawer(false)}
          position={isPhone ? "bottom" : "right"}
          size={isPhone ? "92%" : drawerWidth}
          data-panes
          style={widthsOf(panes)}
          padding={0}
          title={t`Customer`}
          styles={{ header: { padding: "8px 16px" } }}
          closeButtonProps={{ "aria-label": t`Close` }}
        >
          {!isPhone && (
            <div className={classes.drawerEdge}>
              <PaneDivider
                pane="customer"
                width={panes.customer.width}
                onResize={(width) => resize("customer", width)}
                onFold={() => setDrawer(false)}
              />
            </div>
          )}
          {!isPhone && <OfferStack />}
          {open && <CustomerPane conversation={open} why={why} />}
        </Drawer>
      )}
    </div>
  )
}

function widthsOf({ list, customer }: Panes): CSSProperties {
  return { "--list-width": `${list.width}px`, "--customer-width": `${customer.width}px` } as CSSProperties
}

/** A rail that brings the list back. */
function FoldedList({ onUnfold }: { onUnfold: () => void }) {
  const { t } = useLingui()
  return (
    <nav className={classes.rail} aria-label={t`Your work`}>
      <Tooltip label={t`Show the list ( [ )`} position="right">
        <ActionIcon size={32} onClick={onUnfold} aria-label={t`Show the list`}>
          <IconLayoutSidebarLeftExpand size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
    </nav>
  )
}

type Keys = { onFoldList: () => void; onFoldCustomer: () => void; onWhy: () => void; onList: () => void }

function useKeys({ onFoldList, onFoldCustomer, onWhy, onList }: Keys) {
  const can = useCan()
  const pull = usePull()
  const line = useLiveStatus()
  const self = useAgentSelf(can("agent.self")).data
  useWorkKey("[", onFoldList)
  useWorkKey("]", onFoldCustomer)
  useWorkKey("i", onWhy)
  useWorkKey("x", () => self && self.availableFor.length > 0 && line.state !== "lost" && pull.mutate(undefined))
  useWorkKey("1", onList)
  useWorkKey("4", () => document.querySelector<HTMLElement>("#why-title")?.closest<HTMLElement>("section")?.focus())
  useWorkKey("5", focusOffer)
  useWorkKey("j", onList)
  useWorkKey("k", onList)
}

/** Into the list; inside it the arrows and j, k move on. */
function focusList() {
  document.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus()
}

function NothingOpen() {
  const { t } = useLingui()
  return (
    <section className={classes.nothing} aria-label={t`Conversation`}>
      <EmptyState icon={<IconMessages size={28} stroke={1.75} />} title={t`No conversation is open`}>
        <dl className={classes.keys}>
          <Key name="j" />{" "}
          <dd>
            <Trans>Into the list, then j and k or the arrows</Trans>
          </dd>
          <Key name="Enter" />{" "}
          <dd>
            <Trans>Open it</Trans>
          </dd>
          <Key name="r" />{" "}
          <dd>
            <Trans>Reply</Trans>
          </dd>
          <Key name="n" />{" "}
          <dd>
            <Trans>Write a note</Trans>
          </dd>
          <Key name="x" />{" "}
          <dd>
            <Trans>Next request</Trans>
          </dd>
          <Key name="F8" />{" "}
          <dd>
            <Trans>Accept an offer</Trans>
          </dd>
          <Key name="?" />{" "}
          <dd>
            <Trans>All shortcuts</Trans>
          </dd>
        </dl>
      </EmptyState>
    </section>
  )
}

function Key({ name }: { name: string }) {
  return (
    <dt>
      <Kbd size="sm">{name}</Kbd>
    </dt>
  )
}
