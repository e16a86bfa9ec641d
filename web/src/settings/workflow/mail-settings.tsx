import { Select, Textarea } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { defaultWorkflowSettings, type WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { NumberSetting, ResetTo, SwitchSetting } from "./setting-fields.tsx"
import classes from "./workflow.module.css"
import type { WorkflowPart } from "./workflow-part.ts"

const initial = defaultWorkflowSettings.mail

export function MailSettings({ draft, onChange, problem }: WorkflowPart) {
  const { t } = useLingui()
  const { mail } = draft
  const set = (part: Partial<WorkflowSettings["mail"]>) => onChange({ ...draft, mail: { ...mail, ...part } })
  return (
    <section className={classes.group} aria-labelledby="workflow-mail">
      <h2 id="workflow-mail">
        <Trans>Mail</Trans>
      </h2>
      <div className={classes.row}>
        <Select
          className={classes.input}
          label={t`A reply of the customer goes to`}
          allowDeselect={false}
          data={[
            { value: "same_agent", label: t`The same agent` },
            { value: "next_available", label: t`The Inbox, next available agent` },
          ]}
          value={mail.assignTo}
          onChange={(assignTo) => set({ assignTo: assignTo === "next_available" ? "next_available" : "same_agent" })}
        />
        <ResetTo
          shown={mail.assignTo !== initial.assignTo}
          text={t`the same agent`}
          label={t`who gets a reply`}
          onReset={() => set({ assignTo: initial.assignTo })}
        />
      </div>
      <NumberSetting
        unit="minutes"
        label={t`Always the same agent within`}
        min={0}
        max={31_536_000}
        value={mail.sameAgentSeconds}
        initial={initial.sameAgentSeconds}
        onChange={(sameAgentSeconds) => set({ sameAgentSeconds })}
        error={problem?.at("/mail/sameAgentSeconds")}
      />
      <SwitchSetting
        label={t`Automatic reply when nobody is available`}
        description={t`Once per conversation, never to another automatic mail.`}
        value={mail.autoReply.enabled}
        initial={initial.autoReply.enabled}
        onChange={(enabled) => set({ autoReply: { ...mail.autoReply, enabled } })}
      />
      {mail.autoReply.enabled && (
        <div className={classes.row}>
          <Textarea
            className={classes.input}
            label={t`Text of the automatic reply`}
            autosize
            minRows={3}
            value={mail.autoReply.text}
            onChange={(event) => set({ autoReply: { ...mail.autoReply, text: event.currentTarget.value } })}
            error={problem?.at("/mail/autoReply/text")}
          />
        </div>
      )}
      <NumberSetting
        unit="minutes"
        label={t`Wait for an agent who lost the connection`}
        description={t`Then the conversation goes back to its Inbox.`}
        min={0}
        max={604_800}
        value={draft.absentGraceSeconds.mail}
        initial={defaultWorkflowSettings.absentGraceSeconds.mail}
        onChange={(seconds) =>
          onChange({ ...draft, absentGraceSeconds: { ...draft.absentGraceSeconds, mail: seconds } })
        }
      />
    </section>
  )
}
