import { Anchor } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ExclusionReason, Explanation, ExplanationStep } from "../../../../src/core/routing/explanation.ts"
import { useCan, useMe } from "../../can.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { explanationQuery } from "../work.queries.ts"
import classes from "./customer.module.css"

type Props = { conversationId: string; kinds?: ExplanationStep["kind"][]; withCandidates?: boolean }

/** The steps from arrival to this agent, as the engine stored them. */
export function WhySteps({ conversationId, kinds, withCandidates }: Props) {
  const query = useQuery(explanationQuery(conversationId))
  return (
    <ResourceState query={query}>
      {(explanation) => {
        const steps = kinds ? explanation.steps.filter((step) => kinds.includes(step.kind)) : explanation.steps
        return (
          <>
            <ol className={classes.why}>
              {steps.map((step, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps have no id and never change their order
                <li key={index} data-last={(!kinds && index === steps.length - 1) || undefined}>
                  <span className={classes.number} aria-hidden>
                    {index + 1}
                  </span>
                  <span title={exactTime(step.at)}>
                    {step.text} <SettingLink url={step.settingUrl} />
                  </span>
                </li>
              ))}
            </ol>
            {withCandidates && <Candidates explanation={explanation} />}
          </>
        )
      }}
    </ResourceState>
  )
}

function SettingLink({ url }: { url: string | null }) {
  const can = useCan()
  if (!url?.startsWith("/settings/") || !can("entryPoint.read")) return null
  return (
    <Anchor component={Link} to={url} size="xs">
      <Trans>Setting</Trans>
    </Anchor>
  )
}

const exclusions: Record<ExclusionReason, MessageDescriptor> = {
  not_member: msg`not in this Inbox`,
  logged_out: msg`logged out`,
  away: msg`away`,
  disconnected: msg`not connected`,
  focus: msg`in focus`,
  in_settings: msg`in Settings`,
  not_available_for_group: msg`switch is off`,
  skills: msg`lacks a skill`,
  after_call_work: msg`after a call`,
  decline_delay: msg`just declined`,
  routing_delay: msg`just got another`,
  on_call: msg`on a call`,
  mail_by_next: msg`takes mail by Next`,
  at_capacity: msg`full`,
  tried_before: msg`had this offer`,
}

/** Who else could have got it, or why not. */
function Candidates({ explanation }: { explanation: Explanation }) {
  const { t } = useLingui()
  const me = useMe()
  const others = explanation.candidates.filter((candidate) => candidate.agentId !== explanation.result.agentId)
  if (others.length === 0) return null
  const said = others.map(({ agentId, name, excludedBy }) => {
    const who = agentId === me.user.id ? t`You` : (name ?? t`Somebody`)
    return excludedBy ? `${who} (${t(exclusions[excludedBy])})` : who
  })
  const list = said.join(", ")
  return (
    <p className={classes.candidates}>
      {explanation.result.agentId ? <Trans>Others: {list}</Trans> : <Trans>Who could take it: {list}</Trans>}
    </p>
  )
}

/** For a mail to a colleague: the steps as numbered lines. */
export function explanationText(explanation: Explanation): string {
  const lines = explanation.steps.map((step, index) => `${index + 1}. ${step.text} (${exactTime(step.at)})`)
  const others = explanation.candidates.map(
    ({ name, agentId, excludedBy }) => `${name ?? agentId}: ${excludedBy ?? "eligible"}`,
  )
  return [...lines, ...(others.length > 0 ? ["", ...others] : [])].join("\n")
}
