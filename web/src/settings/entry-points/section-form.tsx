import { Button, Group, Text, Tooltip, UnstyledButton } from "@mantine/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconPencil, IconPlus } from "@tabler/icons-react"
import { type FormEvent, useCallback, useEffect, useState } from "react"
import { sectionLabel } from "../../../../src/core/channels.ts"
import type { ChannelRouting } from "../../../../src/core/entry-points/channel-routing.ts"
import type { EntryPoint } from "../../../../src/core/entry-points/entry-point.ts"
import type { Inbox } from "../../../../src/core/inboxes/inbox.ts"
import { ApiProblem } from "../../api.ts"
import { announce } from "../../field/announcer.tsx"
import { ChannelIcon } from "../../field/channel-icon.tsx"
import { isConflict } from "../../field/conflict.tsx"
import { Refusal } from "../../field/form.tsx"
import { InboxSelect } from "../../field/inbox-select.tsx"
import { AskDiscard, LeaveGuard } from "../../field/leave-guard.tsx"
import { SlaMinutesInput } from "../../field/sla-minutes-input.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { toast } from "../../field/toast.tsx"
import { ConflictView } from "./conflict-view.tsx"
import classes from "./entry-points.module.css"
import { useSaveSection } from "./entry-points.queries.ts"
import { ExceptionRow, fieldIdOf, WithoutAgents } from "./exception-row.tsx"
import { savedSentence } from "./saved-sentence.ts"
import {
  bodyOf,
  checkDraft,
  countChanges,
  draftOf,
  errorsByPointer,
  type ExceptionDraft,
  isNew,
  type SectionDraft,
} from "./section-draft.ts"

type Props = {
  routing: ChannelRouting
  entryPoints: EntryPoint[]
  inboxes: Map<string, Inbox>
  draft: SectionDraft
  onDraft: (change: (draft: SectionDraft) => SectionDraft) => void
  onClose: () => void
}

/** Edit mode, in the place of the read view; nothing is stored until Save (S78). */
export function SectionForm({ routing, entryPoints, inboxes, draft, onDraft, onClose }: Props) {
  const { t } = useLingui()
  const [base, setBase] = useState(routing)
  const [errors, setErrors] = useState<Map<string, string>>(new Map())
  const [focusAt, setFocusAt] = useState<string | null>("/defaultInboxId")
  const [asking, setAsking] = useState(false)
  const save = useSaveSection(routing.section)
  const label = sectionLabel(routing.section)
  const changes = countChanges(base, draft)
  const left = entryPoints.length - draft.exceptions.length
  const fieldId = (pointer: string) => fieldIdOf(routing.section, pointer)
  const taken = new Set(draft.exceptions.map((each) => each.entryPointId))
  const conflict = isConflict(save.error) ? save.error : null

  // biome-ignore lint/correctness/useExhaustiveDependencies: focus moves when it is asked to, not when a name is made anew
  useEffect(() => {
    if (!focusAt) return
    document.getElementById(fieldId(focusAt))?.focus()
    setFocusAt(null)
  }, [focusAt])

  const change = useCallback(
    (next: (draft: SectionDraft) => SectionDraft) => {
      setErrors((now) => (now.size > 0 ? new Map() : now))
      onDraft(next)
    },
    [onDraft],
  )
  const changeRow = useCallback(
    (key: string, part: Partial<ExceptionDraft> | null) =>
      change((now) => ({ ...now, exceptions: edited(now, key, part) })),
    [change],
  )
  const addRow = () => {
    const row = { key: crypto.randomUUID(), entryPointId: null, inboxId: null, sla: "" }
    change((now) => ({ ...now, exceptions: [...now.exceptions, row] }))
    setFocusAt(`/exceptions/${draft.exceptions.length}/entryPointId`)
  }
  const refuse = (found: Map<string, string>) => {
    setErrors(found)
    setFocusAt([...found.keys()][0] ?? null)
  }
  const send = (version: number) =>
    save.mutate(
      { body: bodyOf(draft), version },
      {
        onSuccess: (saved) => {
          const sentence = savedSentence(base, saved, entryPoints, inboxes)
          toast(sentence)
          announce("status", sentence)
          onClose()
        },
        onError: (error) => {
          if (error instanceof ApiProblem && error.code === "validation_failed") refuse(errorsByPointer(error.errors))
        },
      },
    )
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    const found = checkDraft(draft, configurationOf(routing, entryPoints, inboxes))
    if (found.size > 0) return refuse(found)
    send(base.version)
  }
  const cancel = () => (changes > 0 ? setAsking(true) : onClose())

  return (
    <form
      className={`${classes.card} ${classes.editing}`}
      aria-label={t`${label}, editing`}
      id={routing.section}
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => {
        // Escape in a list closes the list only.
        if (event.key === "Escape" && !(event.target instanceof Element && event.target.role === "combobox")) cancel()
        if (event.key.toLowerCase() === "s" && (event.metaKey || event.ctrlKey)) {
          event.preventDefault()
          submit()
        }
      }}
    >
      <LeaveGuard when={changes > 0 && !save.isSuccess} question={<LeaveQuestion changes={changes} label={label} />} />
      <AskDiscard
        opened={asking}
        question={<LeaveQuestion changes={changes} label={label} />}
        onStay={() => setAsking(false)}
        onDiscard={onClose}
      />
      {conflict && (
        <div className={classes.conflict}>
          <ConflictView
            problem={conflict}
            section={routing.section}
            draft={draft}
            entryPoints={entryPoints}
            inboxes={inboxes}
            onKeepMine={(theirs) => {
              setBase(theirs)
              send(theirs.version)
            }}
            onTakeTheirs={(theirs) => {
              setBase(theirs)
              save.reset()
              change(() => draftOf(theirs))
            }}
          />
        </div>
      )}
      <div className={classes.body}>
        <Group gap="md" wrap="nowrap">
          <ChannelIcon channel={routing.section} decorative />
          <h2 className={classes.name}>{label}</h2>
          <StatusChip status="info" icon={IconPencil}>
            <Trans>Editing</Trans>
          </StatusChip>
          <span className="grow" />
          <Text size="sm" span>
            <b className="num">
              <Trans>
                {left} of {entryPoints.length}
              </Trans>
            </b>{" "}
            <span className="dim">
              <Trans>entry points</Trans>{" "}
              <span className={classes.hideOnPhone}>
                <Trans>without exception</Trans>
              </span>
            </span>
          </Text>
        </Group>
        <Defaults
          draft={draft}
          inboxes={inboxes}
          errors={errors}
          fieldId={fieldId}
          onChange={(part) => change((now) => ({ ...now, ...part }))}
        />
        <Group gap="sm" mt={14}>
          <h3 style={{ fontSize: 13, lineHeight: "18px", fontWeight: 600, margin: 0 }}>
            <Trans>Exceptions</Trans>
          </h3>
          <Text size="xs" c="dimmed">
            <Trans>These entry points do not use the default.</Trans>
          </Text>
        </Group>
        {draft.exceptions.length > 0 && (
          <div className={`${classes.row} ${classes.rowHead}`} aria-hidden>
            <span>
              <Trans>Entry Point</Trans>
            </span>
            <span>
              <Trans>Inbox</Trans>
            </span>
            <span>
              <Trans>SLA (minutes)</Trans>
            </span>
          </div>
        )}
        {draft.exceptions.map((row, index) => (
          <ExceptionRow
            key={row.key}
            row={row}
            index={index}
            isNew={isNew(base, row)}
            choices={entryPoints.filter(({ id }) => id === row.entryPointId || !taken.has(id))}
            inbox={inboxes.get(row.inboxId ?? "")}
            errors={errors}
            section={routing.section}
            onChange={changeRow}
          />
        ))}
        <AddException left={left} total={entryPoints.length} onAdd={addRow} />
        {save.error && !conflict && !(save.error instanceof ApiProblem && save.error.code === "validation_failed") && (
          <Refusal mt="md">{save.error.message}</Refusal>
        )}
      </div>
      {/* The press must not blur a field first: its error would appear and move the button away from under the hand. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the focus where it is */}
      <div className={classes.foot} onMouseDown={(event) => event.preventDefault()}>
        <span style={{ fontWeight: 500 }}>
          {changes === 0 ? (
            <Trans>No changes yet.</Trans>
          ) : (
            <Plural value={changes} one="# change not saved." other="# changes not saved." />
          )}
        </span>
        {errors.size > 0 && (
          <UnstyledButton className={classes.attention} onClick={() => setFocusAt([...errors.keys()][0] ?? null)}>
            <Plural value={errors.size} one="# field needs attention" other="# fields need attention" />
          </UnstyledButton>
        )}
        <Group gap="sm" ml="auto" wrap="nowrap">
          <Button variant="subtle" color="gray" onClick={cancel}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </div>
    </form>
  )
}

type DefaultsProps = {
  draft: SectionDraft
  inboxes: Map<string, Inbox>
  errors: Map<string, string>
  fieldId: (pointer: string) => string
  onChange: (part: Partial<SectionDraft>) => void
}

function Defaults({ draft, inboxes, errors, fieldId, onChange }: DefaultsProps) {
  const { t } = useLingui()
  const inbox = inboxes.get(draft.defaultInboxId ?? "")
  return (
    <div className={classes.defaults}>
      <div>
        <InboxSelect
          id={fieldId("/defaultInboxId")}
          label={t`Default Inbox`}
          description={t`Also called primary Inbox: what has no exception goes here.`}
          value={draft.defaultInboxId}
          onChange={(defaultInboxId) => onChange({ defaultInboxId })}
          error={errors.get("/defaultInboxId")}
        />
        {inbox && <WithoutAgents inbox={inbox} />}
      </div>
      <SlaMinutesInput
        id={fieldId("/defaultSlaMinutesText")}
        label={t`SLA (minutes)`}
        withHelp
        value={draft.defaultSla}
        onChange={(defaultSla) => onChange({ defaultSla })}
        inherited={inbox && { minutesText: inbox.slaMinutesText, inboxName: inbox.name, seconds: inbox.slaSeconds }}
        serverError={errors.get("/defaultSlaMinutesText")}
      />
    </div>
  )
}

/** Off when every entry point has an exception (S67). */
function AddException({ left, total, onAdd }: { left: number; total: number; onAdd: () => void }) {
  const { t } = useLingui()
  const none = left <= 0
  const reason = total === 0 ? t`There are no entry points yet.` : t`All ${total} entry points have an exception.`
  return (
    <Tooltip label={reason} disabled={!none} openDelay={0}>
      <Button
        variant="subtle"
        size="compact-md"
        className={classes.add}
        mt="sm"
        leftSection={<IconPlus size={16} stroke={1.75} />}
        disabled={none}
        onClick={onAdd}
      >
        <Trans>Add exception</Trans>
      </Button>
    </Tooltip>
  )
}

function LeaveQuestion({ changes, label }: { changes: number; label: string }) {
  return (
    <Trans>
      Leave without saving <Plural value={changes} one="# change" other="# changes" /> to {label}?
    </Trans>
  )
}

/** A row changed, or gone. */
function edited(draft: SectionDraft, key: string, part: Partial<ExceptionDraft> | null): ExceptionDraft[] {
  return draft.exceptions.flatMap((row) => (row.key !== key ? [row] : part ? [{ ...row, ...part }] : []))
}

function configurationOf(routing: ChannelRouting, entryPoints: EntryPoint[], inboxes: Map<string, Inbox>) {
  return {
    section: routing.section,
    entryPoints: new Map(entryPoints.map((each) => [each.id, { section: each.section }])),
    inboxes: new Map(
      [...inboxes].map(([id, inbox]) => [
        id,
        { name: inbox.name, slaMinutesText: inbox.slaMinutesText, active: !inbox.deactivation },
      ]),
    ),
  }
}
