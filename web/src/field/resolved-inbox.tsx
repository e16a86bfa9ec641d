import { Link } from "@tanstack/react-router"
import type { EntryPoint } from "../../../src/core/entry-points/entry-point.ts"

/** Where an entry point leads. */
export function ResolvedInbox({ entryPoint }: { entryPoint?: EntryPoint }) {
  if (!entryPoint?.resolution) return <span className="dim">–</span>
  return (
    <Link
      to="/settings/orchestration/inboxes/$inboxId"
      params={{ inboxId: entryPoint.resolution.inboxId }}
      className="link"
    >
      {entryPoint.resolution.inboxName}
    </Link>
  )
}
