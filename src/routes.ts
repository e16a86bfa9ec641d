import { agentRoutes } from "./api/agents/agents.ts"
import { awayReasonRoutes } from "./api/agents/away-reasons.ts"
import { offerRoutes } from "./api/agents/offers.ts"
import { pullRoutes } from "./api/agents/pulls.ts"
import { apiKeyRoutes } from "./api/api-keys.ts"
import { attachmentRoutes } from "./api/attachments.ts"
import { auditEntryRoutes } from "./api/audit-entries.ts"
import { carrierAccountRoutes } from "./api/carrier-accounts.ts"
import { chatAppRoutes } from "./api/chat-apps.ts"
import { explanationRoutes } from "./api/conversations/explanation.ts"
import { conversationRoutes } from "./api/conversations/routes.ts"
import { customerRoutes } from "./api/customers.ts"
import { entryPointRoutes } from "./api/entry-points.ts"
import { eventRoutes } from "./api/events.ts"
import { imaginedExplanationRoutes } from "./api/explanations.ts"
import { inboundEventRoutes } from "./api/inbound-events.ts"
import { inboxRoutes } from "./api/inboxes.ts"
import { mailboxRoutes } from "./api/mailboxes.ts"
import { meRoutes } from "./api/me.ts"
import { messagePictureRoutes } from "./api/message-pictures.ts"
import { messageRoutes } from "./api/messages.ts"
import { optOutRoutes } from "./api/opt-outs.ts"
import { organizationRoutes } from "./api/organization.ts"
import { permissionRoutes } from "./api/permissions.ts"
import { phoneNumberRoutes } from "./api/phone-numbers.ts"
import { queueItemRoutes } from "./api/queue-items.ts"
import type { Route } from "./api/route.ts"
import { sandboxCarrierRoutes } from "./api/sandbox/carrier.ts"
import { sandboxClockRoutes } from "./api/sandbox/clock.ts"
import { type SandboxDeliveryDeps, sandboxDeliveryRoutes } from "./api/sandbox/deliveries.ts"
import type { Injectors } from "./api/sandbox/inject.ts"
import { sandboxMailRoutes } from "./api/sandbox/mail.ts"
import { sandboxMessageRoutes } from "./api/sandbox/messages.ts"
import { sandboxPageRoutes } from "./api/sandbox/pages.ts"
import { type SessionDeps, sessionRoutes } from "./api/session.ts"
import { setupRoutes } from "./api/setup.ts"
import { systemRoutes } from "./api/system.ts"
import { topicRoutes } from "./api/topics.ts"
import { type UserDeps, userRoutes } from "./api/users.ts"
import { workflowSettingsRoutes } from "./api/workflow-settings.ts"
import { withdrawFromInbox } from "./availability/agents.ts"
import type { Blobs } from "./blobs.ts"
import type { Accounts } from "./carriers/accounts.ts"
import type { SmsNumbers } from "./channels/sms/numbers.ts"
import type { Clock } from "./clock.ts"
import type { Config } from "./config.ts"
import type { AttachmentLinks } from "./conversations/attachment-link.ts"
import type { SendRules } from "./conversations/sending.ts"
import type { HttpClient } from "./http-client.ts"
import type { OnOrganizationCreated } from "./identity/organizations.ts"
import type { Sessions } from "./identity/sessions.ts"
import type { Tries } from "./identity/tries.ts"
import type { ParkedEvents } from "./intake/parked.ts"
import type { Keys } from "./keys.ts"
import { moveWaiting } from "./routing/move-inbox.ts"
import type { Routing } from "./routing/runner.ts"
import type { FarEnd } from "./sandbox/far-end.ts"
import type { Bus } from "./store/bus.ts"
import type { Store } from "./store/write.ts"
import type { Timers } from "./timers.ts"

/** What the routes stand on; app.ts hands it in. */
export type Parts = {
  config: Config
  version: string
  store: Store
  clock: Clock
  bus: Bus
  timers: Timers
  keys: Keys
  http: HttpClient
  blobs: Blobs
  links: AttachmentLinks
  sessions: Sessions
  tries: Tries
  cookieName: string
  agents: UserDeps["agents"]
  queueMail: UserDeps["queueMail"]
  onSignOut: NonNullable<SessionDeps["onSignOut"]>
  onOrganizationCreated: readonly OnOrganizationCreated[]
  parked: ParkedEvents
  routing: Routing
  accounts: Accounts
  smsNumbers: SmsNumbers
  farEnd: FarEnd
  rules: SendRules
  onRead: (orgId: string, conversationId: string, at: Date) => void
  mailSends: boolean
  injectors: Injectors
  tellProvider: NonNullable<SandboxDeliveryDeps["tellProvider"]>
}

/** Every route of the API, in the order of the contract (api.md 2). */
export function allRoutes(parts: Parts): Route[] {
  const {
    config,
    store,
    clock,
    bus,
    timers,
    keys,
    http,
    blobs,
    links,
    sessions,
    tries,
    cookieName,
    agents,
    queueMail,
  } = parts
  const { onOrganizationCreated, parked, routing, accounts, smsNumbers, farEnd, injectors } = parts
  const { publicUrl } = config
  return [
    ...setupRoutes({ store, sessions, tries, cookieName, agents, onOrganizationCreated }),
    ...sessionRoutes({ store, sessions, tries, cookieName, publicUrl, agents, queueMail, onSignOut: parts.onSignOut }),
    ...organizationRoutes({ store, publicUrl, onOrganizationCreated }),
    ...meRoutes({ store, sessions, tries, agents }),
    ...userRoutes({ store, sessions, agents, publicUrl, queueMail }),
    ...permissionRoutes(),
    ...apiKeyRoutes({ store, sessions }),
    ...auditEntryRoutes({ store }),
    ...systemRoutes({ store, version: parts.version, dataDir: config.dataDir, mailSends: parts.mailSends }),
    ...eventRoutes({ store, bus }),
    ...inboundEventRoutes({ parked, readBlob: (sha256) => blobs.read(sha256) }),
    ...inboxRoutes({ store, moveWaiting, withdrawOffersOfMember: withdrawFromInbox }),
    ...entryPointRoutes({ store }),
    ...imaginedExplanationRoutes({ store, routing }),
    ...workflowSettingsRoutes({ store, settled: (orgId) => routing.settled(orgId) }),
    ...mailboxRoutes({ store, facts: () => ({ mailDomain: config.mailDomain, sends: parts.mailSends }) }),
    ...chatAppRoutes({ store, keys, blobs, publicUrl }),
    ...carrierAccountRoutes({ store, keys, accounts, http, publicUrl }),
    ...phoneNumberRoutes({ store, accounts, smsNumbers, publicUrl }),
    ...optOutRoutes({ store }),
    ...explanationRoutes({ store, routing }),
    ...conversationRoutes({ store, links, rules: parts.rules, onRead: parts.onRead }),
    ...messageRoutes({ store, links, blobs }),
    ...messagePictureRoutes({ store, http }),
    ...attachmentRoutes({ store, links, blobs }),
    ...topicRoutes({ store }),
    ...customerRoutes({ store, links }),
    ...agentRoutes({ store, routing }),
    ...offerRoutes({ store, routing }),
    ...pullRoutes({ store, clock, routing }),
    ...awayReasonRoutes({ store }),
    ...queueItemRoutes({ store }),
    ...sandboxMessageRoutes({ store, injectors, settled: (orgId) => routing.settled(orgId) }),
    ...sandboxDeliveryRoutes({ store, farEnd, tellProvider: parts.tellProvider }),
    ...sandboxCarrierRoutes({ store }),
    ...sandboxClockRoutes({ store, timers, config }),
    ...sandboxPageRoutes({ store, sandboxOrigin: config.sandboxOrigin }),
    ...sandboxMailRoutes({ store }),
  ]
}
