import type { ApiProblem } from "../../api.ts"
import type { ChatAppDraft } from "./chat-apps.queries.ts"

/** What each tab of a chat app works on: the one draft, and what the server refused of it. */
export type TabProps = {
  draft: ChatAppDraft
  onChange: (part: Partial<ChatAppDraft>) => void
  problem: ApiProblem | null
}
