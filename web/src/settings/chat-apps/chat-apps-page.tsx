export function ChatAppsPage() { return null }
