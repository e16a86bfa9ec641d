import { SegmentedControl } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { IconListDetails, IconTable } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { type ReactNode, useCallback, useState } from "react"
import { type Section, sectionLabel, sections } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import { useCan } from "../../can.ts"
import { AskDiscard } from "../../field/leave-guard.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { inboxesQuery } from "../inboxes/inboxes.queries.ts"
import { AddWarning, SettingsPage } from "../settings-page.tsx"
import { AddMenu } from "./add-menu.tsx"
import classes from "./entry-points.module.css"
import { entryPointsQuery, routingsQuery } from "./entry-points.queries.ts"
import { OverviewTable } from "./overview-table.tsx"
import { RoutingPicture } from "./routing-picture.tsx"
import { SectionCard } from "./section-card.tsx"
import { countChanges, draftOf, type SectionDraft } from "./section-draft.ts"
import { SectionForm } from "./section-form.tsx"
import { TryIt } from "./try-it.tsx"

/** Which Inbox receives what (spec 2.3): a section per channel, edited in place, with the picture beside it. */
export function EntryPointsPage() {
  const { t } = useLingui()
  const can = useCan()
  const mayRead = can("entryPoint.read")
  const navigate = useNavigate()
  const { view = "list" } = useSearch({ from: "/signed-in/settings/channels/entry-points" })
  const choose = (to: string) =>
    void navigate({ to: "/settings/channels/entry-points", search: to === "table" ? { view: "table" } : {} })
  return (
    <SettingsPage
      title={t`Entry Points`}
      lead={t`Decide which Inbox receives what customers send.`}
      requiredRole={t`Administrator`}
      actions={
        mayRead && (
          <>
            <SegmentedControl
              aria-label={t`View`}
              value={view}
              onChange={choose}
              data={[
                {
                  value: "list",
                  label: <ViewLabel icon={<IconListDetails size={16} stroke={1.75} aria-hidden />} text={t`List`} />,
                },
                {
                  value: "table",
                  label: <ViewLabel icon={<IconTable size={16} stroke={1.75} aria-hidden />} text={t`Table`} />,
                },
              ]}
            />
            {can("entryPoint.edit") && <AddMenu />}
          </>
        )
      }
    >
      {mayRead && <AddWarning />}
      {view === "table" && mayRead ? <OverviewTable /> : <Sections />}
    </SettingsPage>
  )
}

function ViewLabel({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 6 }}>
      {icon}
      {text}
    </span>
  )
}

function Sections() {
  const query = useQuery(routingsQuery)
  return <ResourceState query={query}>{(routings) => <SectionList routings={inOrder(routings)} />}</ResourceState>
}

/** One section is edited at a time; the picture follows it. */
function SectionList({ routings }: { routings: ChannelRouting[] }) {
  const { t } = useLingui()
  const can = useCan()
  const entryPoints = useQuery(entryPointsQuery).data ?? []
  const inboxes = new Map((useQuery(inboxesQuery).data ?? []).map((inbox) => [inbox.id, inbox]))
  const [editing, setEditing] = useState<{ routing: ChannelRouting; draft: SectionDraft } | null>(null)
  const [wanted, setWanted] = useState<ChannelRouting | null>(null)
  const of = (section: Section) => entryPoints.filter((each) => each.section === section && each.status !== "deleted")
  const edit = (routing: ChannelRouting) => {
    setWanted(null)
    setEditing({ routing, draft: draftOf(routing) })
  }
  const onDraft = useCallback(
    (change: (draft: SectionDraft) => SectionDraft) =>
      setEditing((now) => now && { routing: now.routing, draft: change(now.draft) }),
    [],
  )
  const askToEdit = (routing: ChannelRouting) =>
    editing && countChanges(editing.routing, editing.draft) > 0 ? setWanted(routing) : edit(routing)
  const shown = editing ?? firstInUse(routings)
  const label = editing ? sectionLabel(editing.routing.section) : ""
  return (
    <div className={classes.columns}>
      <div>
        {routings.map((routing) =>
          editing?.routing.section === routing.section ? (
            <SectionForm
              key={`${routing.section}-editing`}
              routing={editing.routing}
              entryPoints={of(routing.section)}
              inboxes={inboxes}
              draft={editing.draft}
              onDraft={onDraft}
              onClose={() => {
                setEditing(null)
                focusPencil(routing.section)
              }}
            />
          ) : (
            <SectionCard
              key={`${routing.section}-${routing.version}`}
              routing={routing}
              entryPoints={of(routing.section)}
              inboxes={inboxes}
              onEdit={can("entryPoint.edit") ? () => askToEdit(routing) : undefined}
            />
          ),
        )}
      </div>
      {shown && (
        <aside className={classes.aside} aria-label={t`Where ${sectionLabel(shown.routing.section)} goes`}>
          <RoutingPicture {...shown} entryPoints={of(shown.routing.section)} inboxes={inboxes} />
          <TryIt
            key={shown.routing.section}
            {...shown}
            entryPoints={of(shown.routing.section)}
            editing={editing !== null}
          />
        </aside>
      )}
      <AskDiscard
        opened={wanted !== null}
        question={t`${label} has changes that are not saved. Discard them?`}
        onStay={() => setWanted(null)}
        onDiscard={() => wanted && edit(wanted)}
      />
    </div>
  )
}

/** Back to where editing began, once the read view is there again. */
function focusPencil(section: Section): void {
  setTimeout(() => document.getElementById(section)?.querySelector<HTMLElement>("[data-pencil]")?.focus())
}

function inOrder(routings: ChannelRouting[]): ChannelRouting[] {
  return [...routings].sort((a, b) => sections.indexOf(a.section) - sections.indexOf(b.section))
}

function firstInUse(routings: ChannelRouting[]) {
  const routing = routings.find((each) => each.inUse)
  return routing ? { routing, draft: draftOf(routing) } : null
}
