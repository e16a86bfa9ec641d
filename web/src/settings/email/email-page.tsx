export function EmailPage() { return null }
