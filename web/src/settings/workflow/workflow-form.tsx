import { Alert, Button } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { toast } from "../../field/toast.tsx"
import { differences } from "./differences.ts"
import { GeneralSettings } from "./general-settings.tsx"
import { MailSettings } from "./mail-settings.tsx"
import { MessagingSettings } from "./messaging-settings.tsx"
import classes from "./workflow.module.css"
import type { StoredWorkflow } from "./workflow.queries.ts"

/** One draft for the page; Save sends what differs. Settings of calls come with calls. */
export function WorkflowForm({ settings }: { settings: StoredWorkflow }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const can = useCan()
  const { version, ...stored } = settings
  const [draft, setDraft] = useState<WorkflowSettings>(stored)
  const patch = differences(stored, draft)
  const changed = Object.keys(patch).length > 0
  const save = useMutation({
    mutationFn: () => api.patch<StoredWorkflow>("/workflow-settings", patch, version),
    onSuccess: (saved) => {
      client.setQueryData(["workflow-settings"], saved)
      void client.invalidateQueries({ queryKey: ["agents"] })
      toast(t`Conversation workflow saved. It counts for the next request.`)
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const part = { draft, problem, onChange: (next: WorkflowSettings) => setDraft(next) }
  return (
    <>
      <LeaveGuard when={changed && !save.isSuccess} question={<Trans>Leave without saving the workflow?</Trans>} />
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (changed) save.mutate()
        }}
      >
        <MessagingSettings {...part} />
        <MailSettings {...part} />
        <GeneralSettings {...part} />
        {save.error && (
          <Alert color="red" variant="light" role="alert" p="sm" mb="md" maw={860}>
            {problem?.code === "version_conflict" ? (
              <Trans>Somebody changed the workflow meanwhile. Reload the page; your changes were not stored.</Trans>
            ) : (
              (problem?.errors[0]?.detail ?? save.error.message)
            )}
          </Alert>
        )}
        {can("workflow.edit") && (
          <div className={classes.bar}>
            <span style={{ fontWeight: 500 }}>
              {changed ? <Trans>Changes not saved.</Trans> : <Trans>Everything is saved.</Trans>}
            </span>
            <span className="grow" />
            {changed && (
              <Button variant="subtle" color="gray" onClick={() => setDraft(stored)}>
                <Trans>Discard</Trans>
              </Button>
            )}
            <Button type="submit" loading={save.isPending}>
              <Trans>Save</Trans>
            </Button>
          </div>
        )}
      </form>
    </>
  )
}
