import { t } from "@lingui/core/macro"
import { formatSeconds } from "../../../../src/core/sla/minutes.ts"
import type { WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import type { Line } from "../../field/conflict.tsx"

/** The settings of the page by their labels, to tell two versions apart. */
export function workflowLines(): Line<WorkflowSettings>[] {
  const onOff = (on: boolean) => (on ? t`on` : t`off`)
  const time = (seconds: number | null) => (seconds === null ? t`off` : formatSeconds(seconds))
  return [
    [t`Given automatically, at most`, ({ messaging }) => String(messaging.standardCapacity)],
    [t`With Next, at most`, ({ messaging }) => String(messaging.maximumCapacity)],
    [t`Pause between two messages given`, ({ messaging }) => time(messaging.routingDelaySeconds)],
    [t`Same agent for`, ({ messaging }) => time(messaging.sameAgentSeconds)],
    [t`Offer before assigning`, ({ messaging }) => onOff(messaging.offerBanner)],
    [t`Time to accept`, ({ messaging }) => time(messaging.offerSeconds)],
    [t`Show the message in notifications`, ({ messaging }) => onOff(messaging.notificationPreview)],
    [t`Messaging: wait for an agent who lost the connection`, (all) => time(all.absentGraceSeconds.messaging)],
    [t`A reply of the customer goes to`, ({ mail }) => (mail.assignTo === "same_agent" ? t`The same agent` : t`Inbox`)],
    [t`Always the same agent within`, ({ mail }) => time(mail.sameAgentSeconds)],
    [t`Automatic reply when nobody is available`, ({ mail }) => onOff(mail.autoReply.enabled)],
    [t`Text of the automatic reply`, ({ mail }) => mail.autoReply.text],
    [t`Mail: wait for an agent who lost the connection`, (all) => time(all.absentGraceSeconds.mail)],
    [t`Reopen a closed conversation within`, ({ reopenSeconds }) => time(reopenSeconds)],
    [t`A topic is required to close`, ({ topicRequiredToClose }) => onOff(topicRequiredToClose)],
    [t`Set idle agents away`, ({ autoAwaySeconds }) => time(autoAwaySeconds)],
    [t`Log idle agents out`, ({ autoLogoutSeconds }) => time(autoLogoutSeconds)],
  ]
}
