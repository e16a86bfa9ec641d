/** An account as the company knows it. */
export type SandboxAccount = { orgId: string; accountSid: string; authToken: string; name: string }
