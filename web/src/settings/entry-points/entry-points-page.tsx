export function EntryPointsPage() { return null }
