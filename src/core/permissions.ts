/**
 * Who may do what: the one table, action × role (api.md 7). Routes and socket frames name their action, GET /permissions
 * and docs/permissions.md print it, and it is complete from the first day.
 */
export const roles = [
  "administrator",
  "team_manager",
  "agent",
  "analyst",
  "compliance_administrator",
  "developer",
  "operator",
] as const

export type Role = (typeof roles)[number]

/** `own`: own inboxes, or own things. */
export type Scope = "all" | "own"

export const roleLabels: Record<Role, { name: string; description: string }> = {
  administrator: { name: "Administrator", description: "Sets up channels, inboxes, routing and people." },
  team_manager: { name: "Team manager", description: "Leads agents: assigns work, manages inboxes, reads reports." },
  agent: { name: "Agent", description: "Serves customers in the inboxes that they belong to." },
  analyst: { name: "Analyst", description: "Reads conversations, settings and reports; changes nothing." },
  compliance_administrator: {
    name: "Compliance administrator",
    description: "Reads the audit trail, and deletes what must go.",
  },
  developer: { name: "Developer", description: "Connects other systems: API keys, webhooks, events, the sandbox." },
  operator: { name: "Operator", description: "Looks after the server and completes requests." },
}

type Row = { group: string; label: string; roles: Partial<Record<Role, Scope>> }

const everyone: Row["roles"] = {
  administrator: "all",
  team_manager: "all",
  agent: "all",
  analyst: "all",
  compliance_administrator: "all",
  developer: "all",
  operator: "all",
}
const readsCustomers: Row["roles"] = {
  administrator: "all",
  team_manager: "all",
  agent: "own",
  analyst: "all",
  compliance_administrator: "all",
  developer: "all",
}
const works: Row["roles"] = { administrator: "all", team_manager: "all", agent: "own", developer: "all" }
const serves: Row["roles"] = { team_manager: "own", agent: "own" }
const leads: Row["roles"] = { administrator: "all", team_manager: "all" }
const listens: Row["roles"] = { ...leads, analyst: "all", compliance_administrator: "all" }
const readsSettings: Row["roles"] = { ...leads, analyst: "all", developer: "all" }
const administers: Row["roles"] = { administrator: "all" }
const operates: Row["roles"] = { operator: "all" }
const develops: Row["roles"] = { administrator: "all", developer: "all" }
const complies: Row["roles"] = { compliance_administrator: "all" }

const table = {
  "organization.read": { group: "organization", label: "See the organization", roles: everyone },
  "permission.read": { group: "organization", label: "See roles and permissions", roles: everyone },
  "inbox.read": { group: "inboxes", label: "See inboxes", roles: everyone },
  "user.read": { group: "people", label: "See users", roles: everyone },

  "conversation.read": { group: "conversations", label: "Read conversations", roles: readsCustomers },
  "customer.read": { group: "customers", label: "See customers", roles: readsCustomers },
  "task.work": { group: "conversations", label: "Work on tasks", roles: { ...leads, agent: "own" } },
  "conversation.work": { group: "conversations", label: "Answer conversations", roles: works },
  "customer.edit": { group: "customers", label: "Edit customers", roles: works },

  "agent.self": { group: "agents", label: "Be available and receive work", roles: serves },
  "call.handle": { group: "calls", label: "Take and make calls", roles: serves },
  "conversation.take": { group: "conversations", label: "Take from the queue", roles: serves },
  "conversation.assign": { group: "conversations", label: "Assign to others", roles: leads },
  "agent.manage": { group: "agents", label: "Change the availability of others", roles: leads },
  "call.supervise": { group: "calls", label: "Listen in on calls", roles: leads },
  "customer.merge": { group: "customers", label: "Merge customers", roles: leads },

  "board.read": { group: "reports", label: "See the live board", roles: listens },
  "recording.listen": { group: "calls", label: "Listen to recordings", roles: listens },
  "report.read": { group: "reports", label: "Read reports", roles: { ...leads, analyst: "all", developer: "all" } },

  "inbox.edit": { group: "inboxes", label: "Edit inboxes", roles: leads },
  "inboxMember.edit": { group: "inboxes", label: "Edit members of inboxes", roles: leads },
  "topic.edit": { group: "conversations", label: "Edit topics", roles: leads },
  "savedAnswer.edit": { group: "conversations", label: "Edit saved answers", roles: leads },

  "entryPoint.read": { group: "entry points", label: "See entry points", roles: readsSettings },
  "routing.explain": { group: "entry points", label: "Explain routing", roles: readsSettings },
  "mailbox.read": { group: "channels", label: "See e-mail addresses", roles: readsSettings },
  "ivr.read": { group: "channels", label: "See IVRs", roles: readsSettings },
  "rule.read": { group: "workflow", label: "See rules", roles: readsSettings },
  "workflow.read": { group: "workflow", label: "See the conversation workflow", roles: readsSettings },

  "entryPoint.edit": { group: "entry points", label: "Edit entry points and their routing", roles: administers },
  "chatApp.edit": { group: "channels", label: "Edit chat apps", roles: administers },
  "mailbox.edit": { group: "channels", label: "Edit e-mail addresses", roles: administers },
  "socialAccount.edit": { group: "channels", label: "Connect social accounts", roles: administers },
  "rule.edit": { group: "workflow", label: "Edit rules", roles: administers },
  "priorityBoost.edit": { group: "workflow", label: "Edit priority boosts", roles: administers },
  "businessHours.edit": { group: "workflow", label: "Edit business hours", roles: administers },
  "attribute.edit": { group: "customers", label: "Edit custom attributes", roles: administers },
  "lookupAdaptor.edit": { group: "customers", label: "Edit the lookup adaptor", roles: administers },
  "workflow.edit": { group: "workflow", label: "Edit the conversation workflow", roles: administers },
  "ivr.edit": { group: "channels", label: "Edit IVRs", roles: administers },
  "ivr.publish": { group: "channels", label: "Publish IVRs", roles: administers },

  "phoneNumber.read": { group: "numbers", label: "See phone numbers", roles: administers },
  "phoneNumber.edit": { group: "numbers", label: "Edit phone numbers", roles: administers },
  "phoneNumber.buy": { group: "numbers", label: "Buy phone numbers", roles: administers },
  "voiceSetup.use": { group: "numbers", label: "Set up voice", roles: administers },
  "carrierAccount.edit": { group: "numbers", label: "Edit carrier accounts", roles: administers },
  "registration.read": { group: "requests", label: "See registrations", roles: { ...administers, operator: "own" } },
  "registration.edit": { group: "requests", label: "Edit registrations", roles: administers },
  "supportRequest.read": { group: "requests", label: "See requests", roles: { ...administers, operator: "own" } },
  "supportRequest.create": { group: "requests", label: "Make requests", roles: administers },
  "supportRequest.complete": { group: "requests", label: "Complete requests", roles: operates },
  "registration.decide": { group: "requests", label: "Decide registrations", roles: operates },

  "system.read": { group: "server", label: "See the state of the server", roles: operates },
  "inboundEvent.read": { group: "server", label: "See parked events", roles: { ...administers, operator: "all" } },
  "inboundEvent.replay": { group: "server", label: "Replay parked events", roles: { ...administers, operator: "all" } },

  "user.edit": { group: "people", label: "Invite and edit users", roles: administers },
  "role.edit": { group: "people", label: "Edit roles", roles: administers },
  "organization.edit": { group: "organization", label: "Edit the organization", roles: administers },
  "configuration.apply": { group: "organization", label: "Apply a configuration file", roles: administers },
  "auditEntry.read": {
    group: "organization",
    label: "Read the audit trail",
    roles: { administrator: "all", ...complies, operator: "all" },
  },

  "apiKey.edit": { group: "developers", label: "Make API keys", roles: develops },
  "webhook.edit": { group: "developers", label: "Edit webhooks", roles: develops },
  "event.read": { group: "developers", label: "Read all events", roles: develops },
  "sandbox.use": { group: "developers", label: "Use the sandbox", roles: develops },
  "configuration.export": { group: "developers", label: "Export the configuration", roles: develops },
  "configuration.plan": { group: "developers", label: "Plan a configuration", roles: develops },

  "recording.delete": { group: "compliance", label: "Delete recordings", roles: complies },
  "customer.delete": { group: "compliance", label: "Delete customers", roles: complies },
  "customer.export": { group: "compliance", label: "Export customers", roles: complies },
  "message.redact": { group: "compliance", label: "Redact messages", roles: complies },
} as const satisfies Record<string, Row>

export type Action = keyof typeof table

export const permissions: Readonly<Record<Action, Row>> = table

export const actions = Object.keys(table) as readonly Action[]

/** What one action allows to somebody with these roles: the union; `null` is nothing. */
export function scopeOf(held: readonly Role[], action: Action): Scope | null {
  let scope: Scope | null = null
  for (const role of held) {
    const given = permissions[action].roles[role]
    if (given === "all") return "all"
    if (given === "own") scope = "own"
  }
  return scope
}

export function rolesWith(action: Action): Role[] {
  return roles.filter((role) => permissions[action].roles[role] !== undefined)
}

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text)
}
