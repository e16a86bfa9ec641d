import { Trans, useLingui } from "@lingui/react/macro"
import { defaultWorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { NumberSetting, SwitchSetting } from "./setting-fields.tsx"
import classes from "./workflow.module.css"
import type { WorkflowPart } from "./workflow-part.ts"

const awaySecondsInitial = 900
const logoutSecondsInitial = 3600

/** What concerns every channel. */
export function GeneralSettings({ draft, onChange, problem }: WorkflowPart) {
  const { t } = useLingui()
  return (
    <section className={classes.group} aria-labelledby="workflow-general">
      <h2 id="workflow-general">
        <Trans>All channels</Trans>
      </h2>
      <NumberSetting
        unit="days"
        label={t`Reopen a closed conversation within`}
        description={t`A later message of the customer starts a new one.`}
        min={0}
        max={31_536_000}
        value={draft.reopenSeconds}
        initial={defaultWorkflowSettings.reopenSeconds}
        onChange={(reopenSeconds) => onChange({ ...draft, reopenSeconds })}
        error={problem?.at("/reopenSeconds")}
      />
      <SwitchSetting
        label={t`A topic is required to close`}
        value={draft.topicRequiredToClose}
        initial={false}
        onChange={(topicRequiredToClose) => onChange({ ...draft, topicRequiredToClose })}
      />
      <SwitchSetting
        label={t`Set idle agents away`}
        value={draft.autoAwaySeconds !== null}
        initial={false}
        onChange={(on) => onChange({ ...draft, autoAwaySeconds: on ? awaySecondsInitial : null })}
      />
      {draft.autoAwaySeconds !== null && (
        <NumberSetting
          unit="minutes"
          label={t`Away after`}
          min={60}
          max={86_400}
          value={draft.autoAwaySeconds}
          initial={awaySecondsInitial}
          onChange={(autoAwaySeconds) => onChange({ ...draft, autoAwaySeconds })}
          error={problem?.at("/autoAwaySeconds")}
        />
      )}
      <SwitchSetting
        label={t`Log idle agents out`}
        value={draft.autoLogoutSeconds !== null}
        initial={false}
        onChange={(on) => onChange({ ...draft, autoLogoutSeconds: on ? logoutSecondsInitial : null })}
      />
      {draft.autoLogoutSeconds !== null && (
        <NumberSetting
          unit="minutes"
          label={t`Log out after`}
          min={60}
          max={86_400}
          value={draft.autoLogoutSeconds}
          initial={logoutSecondsInitial}
          onChange={(autoLogoutSeconds) => onChange({ ...draft, autoLogoutSeconds })}
          error={problem?.at("/autoLogoutSeconds")}
        />
      )}
    </section>
  )
}
