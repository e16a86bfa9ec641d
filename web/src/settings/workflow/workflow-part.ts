import type { WorkflowSettings } from "../../../../src/core/workflow/settings.ts"
import type { ApiProblem } from "../../api.ts"

/** What each group of the page works on. */
export type WorkflowPart = {
  draft: WorkflowSettings
  onChange: (next: WorkflowSettings) => void
  problem: ApiProblem | null
}
