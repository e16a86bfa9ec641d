import { Trans, useLingui } from "@lingui/react/macro"
import { defaultWorkflowSettings, type WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { NumberSetting, SwitchSetting } from "./setting-fields.tsx"
import classes from "./workflow.module.css"
import type { WorkflowPart } from "./workflow-part.ts"

const initial = defaultWorkflowSettings.messaging

/** Chat, SMS and the other message channels. */
export function MessagingSettings({ draft, onChange, problem }: WorkflowPart) {
  const { t } = useLingui()
  const { messaging } = draft
  const set = (part: Partial<WorkflowSettings["messaging"]>) =>
    onChange({ ...draft, messaging: { ...messaging, ...part } })
  const order =
    messaging.standardCapacity > messaging.maximumCapacity
      ? t`At most ${messaging.maximumCapacity}, the number below.`
      : undefined
  return (
    <section className={classes.group} aria-labelledby="workflow-messaging">
      <h2 id="workflow-messaging">
        <Trans>Messaging</Trans>
      </h2>
      <NumberSetting
        unit="count"
        label={t`Given automatically, at most`}
        description={t`Conversations at the same time per agent, as long as nobody presses Next.`}
        min={1}
        max={100}
        value={messaging.standardCapacity}
        initial={initial.standardCapacity}
        onChange={(standardCapacity) => set({ standardCapacity })}
        error={order ?? problem?.at("/messaging/standardCapacity")}
      />
      <NumberSetting
        unit="count"
        label={t`With Next, at most`}
        min={1}
        max={100}
        value={messaging.maximumCapacity}
        initial={initial.maximumCapacity}
        onChange={(maximumCapacity) => set({ maximumCapacity })}
        error={problem?.at("/messaging/maximumCapacity")}
      />
      <NumberSetting
        label={t`Pause between two messages given`}
        description={t`10 to 25 seconds give time to read the first one.`}
        min={0}
        max={3600}
        value={messaging.routingDelaySeconds}
        initial={initial.routingDelaySeconds}
        onChange={(routingDelaySeconds) => set({ routingDelaySeconds })}
        error={problem?.at("/messaging/routingDelaySeconds")}
      />
      <NumberSetting
        unit="minutes"
        label={t`Same agent for`}
        description={t`Within this time the customer comes back to the same agent; a quiet chat ends after it.`}
        min={0}
        max={86_400}
        value={messaging.sameAgentSeconds}
        initial={initial.sameAgentSeconds}
        onChange={(sameAgentSeconds) => set({ sameAgentSeconds })}
        error={problem?.at("/messaging/sameAgentSeconds")}
      />
      <SwitchSetting
        label={t`Offer before assigning`}
        description={t`Agents accept or decline each message. Otherwise it is simply theirs.`}
        value={messaging.offerBanner}
        initial={initial.offerBanner}
        onChange={(offerBanner) => set({ offerBanner })}
      />
      {messaging.offerBanner && (
        <NumberSetting
          label={t`Time to accept`}
          min={5}
          max={300}
          value={messaging.offerSeconds}
          initial={initial.offerSeconds}
          onChange={(offerSeconds) => set({ offerSeconds })}
          error={problem?.at("/messaging/offerSeconds")}
        />
      )}
      <SwitchSetting
        label={t`Show the message in notifications`}
        value={messaging.notificationPreview}
        initial={initial.notificationPreview}
        onChange={(notificationPreview) => set({ notificationPreview })}
      />
      <NumberSetting
        unit="minutes"
        label={t`Wait for an agent who lost the connection`}
        description={t`Then the conversation goes back to its Inbox.`}
        min={0}
        max={86_400}
        value={draft.absentGraceSeconds.messaging}
        initial={defaultWorkflowSettings.absentGraceSeconds.messaging}
        onChange={(seconds) =>
          onChange({ ...draft, absentGraceSeconds: { ...draft.absentGraceSeconds, messaging: seconds } })
        }
      />
    </section>
  )
}
