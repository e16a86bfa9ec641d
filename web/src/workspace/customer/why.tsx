import { Anchor, UnstyledButton } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { retimedExplanation } from "../../../../src/core/routing/explain.ts"
import type { ExclusionReason, Explanation, ExplanationStep } from "../../../../src/core/routing/explanation.ts"
import { useCan, useMe } from "../../can.ts"
import { useNowMinutes } from "../../field/now.ts"
import { exactTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { shownName } from "../names.ts"
import { dayLabel, daysBetween } from "../short-time.ts"
import { explanationQuery } from "../work.queries.ts"
import classes from "./customer.module.css"
import { locale } from "../../field/locale.ts"

type Props = { conversationId: string; kinds?: ExplanationStep["kind"][]; withCandidates?: boolean }

/** The steps from arrival to this agent, as the engine stored them; of earlier contacts on request. */
export function WhySteps({ conversationId, kinds, withCandidates }: Props) {
  const query = useQuery(explanationQuery(conversationId))
  const [withEarlier, setWithEarlier] = useState(false)
  return (
    <ResourceState query={query}>
      {(explanation) => {
        const steps = ownTimes(explanation.steps).filter((step) => !kinds || kinds.includes(step.kind))
        const contacts = kinds ? [steps] : contactsOf(steps)
        const shown = withEarlier ? contacts : contacts.slice(-1)
        const before = steps.length - shown.flat().length
        return (
          <>
            {before > 0 && (
              <UnstyledButton className={classes.earlierSteps} onClick={() => setWithEarlier(true)}>
                <Plural value={before} one="Show # earlier step" other="Show # earlier steps" />
              </UnstyledButton>
            )}
            {shown.map((contact) => (
              <Steps key={contact[0]?.at} steps={contact} last={kinds ? null : (steps.at(-1) ?? null)} />
            ))}
            {withCandidates && <Candidates explanation={explanation} said={shown.at(-1) ?? []} />}
            <ZoneNote at={steps[0]?.at ?? null} />
          </>
        )
      }}
    </ResourceState>
  )
}

/** Of one contact, with its day where that is not today. */
function Steps({ steps, last }: { steps: ExplanationStep[]; last: ExplanationStep | null }) {
  const now = useNowMinutes()
  const at = steps[0]?.at
  const isToday = !at || daysBetween(Date.parse(at), now) === 0
  return (
    <>
      {!isToday && (
        <div className={classes.whyDay}>
          <time dateTime={at}>{dayLabel(at, now)}</time>
        </div>
      )}
      <ol className={classes.why}>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no id and never change their order
          <li key={index} data-last={step === last || undefined}>
            <span className={classes.number} aria-hidden>
              {index + 1}
            </span>
            <span title={exactTime(step.at)}>
              {step.text} <SettingLink url={step.settingUrl} />
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}

/** Each begins with what the customer sent. */
function contactsOf(steps: ExplanationStep[]): ExplanationStep[][] {
  const contacts: ExplanationStep[][] = []
  for (const step of steps) {
    if (step.kind === "received" || contacts.length === 0) contacts.push([])
    contacts.at(-1)?.push(step)
  }
  return contacts
}

const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone
const ownTime = new Intl.DateTimeFormat(locale, { timeStyle: "medium" })
const ownDay = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" })

/** Said on the reader's clock, as all other times on the page; the server says them on the organization's. */
function ownTimes(steps: ExplanationStep[]): ExplanationStep[] {
  return retimedExplanation(steps.map(withReadableNumber), (iso, near) => {
    const [at, day] = [new Date(iso), ownDay.format(new Date(iso))]
    return day === ownDay.format(new Date(near)) ? ownTime.format(at) : `${day}, ${ownTime.format(at)}`
  })
}

function withReadableNumber(step: ExplanationStep): ExplanationStep {
  const { address } = step.data
  return typeof address === "string" ? { ...step, data: { ...step.data, address: shownName(address, address) } } : step
}

/** Only where the organization has another time than the reader. */
function ZoneNote({ at }: { at: string | null }) {
  const { timeZone } = useMe().organization
  const hours = (zone: string) =>
    new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date(at ?? 0))
  if (!at || hours(timeZone) === hours(ownZone)) return null
  const [own, organizations] = [zoneName(ownZone), zoneName(timeZone)]
  return (
    <p className={classes.candidates}>
      <Trans>
        Times are yours ({own}); your organization's are {organizations}.
      </Trans>
    </p>
  )
}

function zoneName(timeZone: string): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "longGeneric" }).formatToParts(0)
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone
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

/** Who else could have got it, or why not; unless the last steps name them all. */
function Candidates({ explanation, said: steps }: { explanation: Explanation; said: ExplanationStep[] }) {
  const { t } = useLingui()
  const me = useMe()
  const others = explanation.candidates.filter((candidate) => candidate.agentId !== explanation.result.agentId)
  const isSaid = ({ name }: { name: string | null }) => name !== null && steps.some(({ text }) => text.includes(name))
  if (others.every(isSaid)) return null
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
  const lines = ownTimes(explanation.steps).map((step, index) => `${index + 1}. ${step.text} (${exactTime(step.at)})`)
  const others = explanation.candidates.map(
    ({ name, agentId, excludedBy }) => `${name ?? agentId}: ${excludedBy ?? "eligible"}`,
  )
  return [...lines, ...(others.length > 0 ? ["", ...others] : [])].join("\n")
}
