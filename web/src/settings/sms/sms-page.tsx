export function SmsPage() { return null }
