import { queryOptions } from "@tanstack/react-query"
import type { WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import { api } from "../../api.ts"

export type StoredWorkflow = WorkflowSettings & { version: number }

export const workflowQuery = queryOptions({
  queryKey: ["workflow-settings"],
  queryFn: ({ signal }) => api.get<StoredWorkflow>("/workflow-settings", signal),
})
