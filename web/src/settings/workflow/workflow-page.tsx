import { useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { ResourceState } from "../../field/resource-state.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { WorkflowForm } from "./workflow-form.tsx"
import { workflowQuery } from "./workflow.queries.ts"

/** How conversations are given out, per group, with each setting's default (spec 6.6). */
export function WorkflowPage() {
  const { t } = useLingui()
  const query = useQuery(workflowQuery)
  return (
    <SettingsPage
      title={t`Conversation workflow`}
      lead={t`How requests are given to agents, and how conversations end and come back.`}
      requiredRole={t`Administrator`}
    >
      <ResourceState query={query}>{(settings) => <WorkflowForm settings={settings} />}</ResourceState>
    </SettingsPage>
  )
}
