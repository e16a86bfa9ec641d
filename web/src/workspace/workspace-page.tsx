/** The agent's workspace. */
export function WorkspacePage() {
  return null
}
