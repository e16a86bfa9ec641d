import type { Agent } from "../../../src/core/agents/agent.ts"
import type { ChannelGroup } from "../../../src/core/channels.ts"

/**
 * The whole set to send after one switch was pressed. A group that lost its last entry point has no switch any more and
 * would be refused (409 `channel_group_not_configured`): it goes off with the next press of another.
 */
export function toggledGroups(
  self: Pick<Agent, "status" | "availableFor"> | undefined,
  pressed: ChannelGroup,
  configured: readonly ChannelGroup[],
): ChannelGroup[] {
  const on = self?.status === "logged_in" ? self.availableFor.filter((group) => configured.includes(group)) : []
  return on.includes(pressed) ? on.filter((group) => group !== pressed) : [...on, pressed]
}
