import { Button } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { DraftConflict, isConflict } from "../../field/conflict.tsx"
import { useDraft } from "../../field/draft.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { toast } from "../../field/toast.tsx"
import { differences } from "./differences.ts"
import { GeneralSettings } from "./general-settings.tsx"
import { MailSettings } from "./mail-settings.tsx"
import { MessagingSettings } from "./messaging-settings.tsx"
import classes from "./workflow.module.css"
import { workflowLines } from "./workflow-lines.ts"
import type { StoredWorkflow } from "./workflow.queries.ts"

/** One draft for the page; Save sends what differs. Settings of calls come with calls. */
export function WorkflowForm({ settings }: { settings: StoredWorkflow }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const can = useCan()
  const draft = useDraft(settings, valuesOf)
  const { changed } = draft
  const save = useMutation({
    mutationFn: ({ values, version }: { values: WorkflowSettings; version: number }) =>
      api.patch<StoredWorkflow>("/workflow-settings", differences(draft.stored, values), version),
    onSuccess: (saved) => {
      draft.take(saved)
      client.setQueryData(["workflow-settings"], saved)
      void client.invalidateQueries({ queryKey: ["agents"] })
      toast(t`Conversation workflow saved. It counts for the next request.`)
    },
    onError: (error) => isConflict(error) && client.invalidateQueries({ queryKey: ["workflow-settings"] }),
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const part = {
    draft: draft.values,
    problem,
    onChange: (next: WorkflowSettings) => {
      if (save.error && !isConflict(save.error)) save.reset()
      draft.set(next)
    },
  }
  return (
    <>
      <LeaveGuard when={changed} question={<Trans>Leave without saving the workflow?</Trans>} />
      <Form onSubmit={() => changed && save.mutate(draft)}>
        <MessagingSettings {...part} />
        <MailSettings {...part} />
        <GeneralSettings {...part} />
        {isConflict(save.error) ? (
          <div className={classes.conflict}>
            <DraftConflict
              problem={save.error}
              name={t`Conversation workflow`}
              draft={draft}
              current={settings}
              lines={workflowLines()}
              save={save}
            />
          </div>
        ) : (
          save.error &&
          !problem?.errors.length && (
            <Refusal mb="md" maw={860}>
              {save.error.message}
            </Refusal>
          )
        )}
        {can("workflow.edit") && (
          <div className={classes.bar}>
            <span style={{ fontWeight: 500 }}>
              {changed ? <Trans>Changes not saved.</Trans> : <Trans>Everything is saved.</Trans>}
            </span>
            <span className="grow" />
            {changed && (
              <Button variant="subtle" color="gray" onClick={() => draft.take(settings)}>
                <Trans>Discard</Trans>
              </Button>
            )}
            <Button type="submit" loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </div>
        )}
      </Form>
    </>
  )
}

function valuesOf({ version: _, ...values }: StoredWorkflow): WorkflowSettings {
  return values
}
