export function ChatAppPage() { return null }
