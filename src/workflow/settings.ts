import { defaultWorkflowSettings } from "../core/workflow/settings.ts"
import type { Tx } from "../store/write.ts"

export async function createWorkflowSettings(tx: Tx): Promise<void> {
  await tx.db
    .insertInto("workflowSettings")
    .values({ orgId: tx.orgId, settings: JSON.stringify(defaultWorkflowSettings) })
    .execute()
}

/** RFC 7396: what is absent stays, what is null is cleared, objects are merged. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch
  const base = target !== null && typeof target === "object" && !Array.isArray(target) ? target : {}
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) merged[key] = mergePatch(merged[key], value)
  return merged
}
