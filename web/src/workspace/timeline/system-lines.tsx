import { Anchor, UnstyledButton } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconChevronRight } from "@tabler/icons-react"
import { type ReactNode, useState } from "react"
import type { TimelineItem } from "../../../../src/core/conversations/timeline-item.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { useNames } from "../names.ts"
import { clockTime } from "../short-time.ts"
import classes from "./timeline.module.css"

const foldedAbove = 3

type Props = { items: TimelineItem[]; meId: string; onWhy: () => void }

/** What happened between the messages: one line each, folded when there are more than three. */
export function SystemLines({ items, meId, onWhy }: Props) {
  const [unfolded, setUnfolded] = useState(false)
  if (items.length > foldedAbove && !unfolded)
    return (
      <UnstyledButton className={classes.system} aria-expanded={false} onClick={() => setUnfolded(true)}>
        <IconChevronRight size={14} stroke={1.75} aria-hidden />
        <Plural value={items.length} one="# event" other="# events" />
      </UnstyledButton>
    )
  return (
    <>
      {items.map((item) => (
        <div key={item.id} className={classes.system}>
          <time dateTime={item.at} title={exactTime(item.at)} className="num">
            {clockTime(item.at)}
          </time>
          <span>
            <SystemText item={item} meId={meId} onWhy={onWhy} />
          </span>
        </div>
      ))}
    </>
  )
}

const assignmentReasons: Record<string, MessageDescriptor> = {
  manual: msg`by hand`,
  agent_absent: msg`after an absence`,
  inbox_removed: msg`because of a change of Inbox`,
  user_deactivated: msg`because the agent left`,
  rerouted_unassign: msg`back to the queue`,
  message_outbound: msg`by answering`,
}

function SystemText({ item, meId, onWhy }: { item: TimelineItem; meId: string; onWhy: () => void }): ReactNode {
  const { t } = useLingui()
  const who = item.actor.id === meId ? t`You` : item.actor.name
  if (item.kind === "status_change") {
    const { to, reason } = item.statusChange ?? {}
    if (reason === "no_reply_needed") return <Trans>{who} set: no reply needed</Trans>
    if (reason === "no_reply_needed_taken_back") return <Trans>{who} set: a reply is needed</Trans>
    if (to === "closed")
      return item.actor.type === "user" ? (
        <Trans>{who} closed the conversation</Trans>
      ) : (
        <Trans>Conversation closed</Trans>
      )
    return item.actor.type === "user" ? (
      <Trans>{who} opened the conversation again</Trans>
    ) : (
      <Trans>Conversation opened again</Trans>
    )
  }
  if (item.kind === "assignment_change") return <AssignmentText item={item} meId={meId} onWhy={onWhy} />
  if (item.kind === "topic_change") {
    const topics = Array.isArray(item.topicChange?.topics)
      ? item.topicChange.topics.map((topic: { name: string }) => topic.name).join(", ")
      : ""
    return topics ? <Trans>Topics: {topics}</Trans> : <Trans>Topics removed</Trans>
  }
  if (item.kind === "opt_out_change") {
    const keyword = typeof item.optOutChange?.keyword === "string" ? item.optOutChange.keyword.toUpperCase() : "STOP"
    const isOut = item.optOutChange?.change !== "removed"
    return isOut ? (
      <Trans>The customer sent {keyword}: texts are blocked</Trans>
    ) : (
      <Trans>The customer sent {keyword}: texts are allowed again</Trans>
    )
  }
  if (item.kind === "note") return <Trans>{who} took a note back</Trans>
  return item.kind.replaceAll("_", " ")
}

function AssignmentText({ item, meId, onWhy }: { item: TimelineItem; meId: string; onWhy: () => void }) {
  const { t } = useLingui()
  const names = useNames()
  const { agentId, fromAgentId, inboxId, reason } = item.assignmentChange ?? {}
  const inbox = names.inbox(String(inboxId ?? ""))
  const from = fromAgentId === meId ? t`you` : names.person(typeof fromAgentId === "string" ? fromAgentId : null)
  const known = assignmentReasons[String(reason)]
  const why = known ? t(known) : ""
  if (typeof agentId !== "string")
    return reason === "closed" || reason === "no_reply_needed" || !from ? (
      <Trans>No longer assigned</Trans>
    ) : (
      <Trans>
        Taken from {from} {why}
      </Trans>
    )
  const to = agentId === meId ? t`you` : names.person(agentId)
  const byHand = item.actor.type === "user" && item.actor.id !== agentId
  const who = item.actor.id === meId ? t`You` : item.actor.name
  return (
    <>
      {byHand ? (
        <Trans>
          {who} gave it to {to} in {inbox}
        </Trans>
      ) : item.actor.id === agentId ? (
        <Trans>
          Taken by {to} in {inbox}
        </Trans>
      ) : (
        <Trans>
          Routed to {to} in {inbox}
        </Trans>
      )}
      <Anchor component="button" type="button" size="xs" ms={4} onClick={onWhy}>
        <Trans>Why?</Trans>
      </Anchor>
    </>
  )
}
