import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { sql } from "kysely"
import { hooksTwilio } from "./api/hooks-twilio.ts"
import { Hub } from "./api/live/hub.ts"
import { livePath, liveUpgrade } from "./api/live/live.ts"
import { testClockFollower } from "./api/sandbox/clock.ts"
import type { Injection } from "./api/sandbox/inject.ts"
import { injectSms } from "./api/sandbox/inject-sms.ts"
import { HookReceipts } from "./api/sandbox/receipts.ts"
import { tellSms } from "./api/sandbox/tell-sms.ts"
import { createServer, type HttpServer } from "./api/server.ts"
import type { UserDeps } from "./api/users.ts"
import { widgetRoutes, widgetSocketPath, widgetUpgrade } from "./api/widget.ts"
import {
  changeCapacity,
  changeRole,
  continueDeactivation,
  deactivateAgent,
  ensureAgent,
  unassignJob,
  withdrawFromInbox,
} from "./availability/agents.ts"
import { logOutAgent } from "./availability/availability.ts"
import { createPresence } from "./availability/presence.ts"
import { readCounts } from "./availability/read.ts"
import { openBlobs } from "./blobs.ts"
import { onOrganizationCreated as onSandboxAccount } from "./carriers/account-book.ts"
import { createAccounts } from "./carriers/accounts.ts"
import { SandboxCompany } from "./carriers/sandbox/company.ts"
import { twilioCarrier } from "./carriers/twilio/carrier.ts"
import { failureOfCode } from "./carriers/twilio/statuses.ts"
import { ChatChannel } from "./channels/chat/adapter.ts"
import { visitorFileLinks } from "./channels/chat/file-links.ts"
import { injectVisitorMessage } from "./channels/chat/inject.ts"
import { createEmailChannel } from "./channels/email/adapter.ts"
import { smsChannel } from "./channels/sms/adapter.ts"
import { fileLinks } from "./channels/sms/file-links.ts"
import { lateMediaHandler, lateMediaJob } from "./channels/sms/late-media.ts"
import { createSmsNumbers } from "./channels/sms/numbers.ts"
import { applyOptOut } from "./channels/sms/opt-out.ts"
import { Reconciliation } from "./channels/sms/reconciliation.ts"
import type { Config } from "./config.ts"
import { attachmentLinks } from "./conversations/attachment-link.ts"
import { FileCollection } from "./conversations/file-collection.ts"
import { endChatByCustomer } from "./conversations/end-by-customer.ts"
import { smsRule } from "./conversations/sms-rule.ts"
import { updateDelivery } from "./delivery/status.ts"
import { DeliverySweep } from "./delivery/sweep.ts"
import { queueSystemMail, systemMailHandler, systemMailJob } from "./delivery/system-mail.ts"
import { deliveryHandler } from "./delivery/worker.ts"
import { isFull } from "./disk.ts"
import { type DemoFolder, openDemoFolder } from "./demo/folder.ts"
import { demoAccounts, loadDemo } from "./demo/load.ts"
import { createSections } from "./entry-points/begin.ts"
import { addGauges } from "./gauges.ts"
import { type Ground, layGround } from "./ground.ts"
import { createHttpClient } from "./http-client.ts"
import { Authenticator } from "./identity/authenticate.ts"
import { cookieNameFor } from "./identity/cookie.ts"
import { Sessions } from "./identity/sessions.ts"
import { keepHouse } from "./identity/housekeeping.ts"
import { openSetup } from "./identity/setup.ts"
import { Tries } from "./identity/tries.ts"
import { addMember, removeMember } from "./inboxes/inbox.ts"
import { countArrivals } from "./intake/count-arrivals.ts"
import { createIntake } from "./intake/intake.ts"
import { createParkedEvents } from "./intake/parked.ts"
import { JobWorker } from "./jobs/worker.ts"
import { readOffers } from "./offers/read.ts"
import { alarmMail } from "./routing/alarm-mail.ts"
import { IdleContacts } from "./routing/idle-contacts.ts"
import { createInvariantWatch } from "./routing/invariant-watch.ts"
import { LongWaits } from "./routing/long-waits.ts"
import { NobodyServesAlarm } from "./routing/nobody-serves.ts"
import { loadOwner } from "./routing/owner.ts"
import { createRouting, type Routing } from "./routing/runner.ts"
import { allRoutes } from "./routes.ts"
import { createFarEnd } from "./sandbox/far-end.ts"
import { createSandboxPages } from "./sandbox/pages.ts"
import { createWorkflowSettings } from "./workflow/settings.ts"

/** A running Switchboard. */
export interface App {
  readonly url: string
  readonly ground: Ground
  readonly server: HttpServer
  readonly routing: Routing
  /** What to print once it is ready: where to open the browser, and the set-up link while nobody exists. */
  readonly greeting: readonly string[]
  stop(): Promise<void>
}

export const version = "0.1.0"

/** Starts everything in the order of the path: ground, intake, routing, delivery, channels, carriers, API. */
export async function startApp(given: Config, options: { demo?: boolean; log?: Ground["log"] } = {}): Promise<App> {
  const demo = options.demo ? await openDemoFolder(given.dataDir) : null
  const ground = await layGround(given, options)
  try {
    return await startOn(ground, demo)
  } catch (error) {
    await ground.stop().catch(() => undefined)
    throw error
  }
}

async function startOn(ground: Ground, demo: DemoFolder | null): Promise<App> {
  const { config, store, keys, log, metrics, clock, timers, bus, database } = ground
  const { db } = database
  const { publicUrl } = config
  const listenerUrl = () => `http://${hostInUrl(config.host)}:${config.port}`

  const blobs = openBlobs(config.blobDir)
  const farEnd = createFarEnd({ store, clock, keys })
  const http = createHttpClient({ outboundAllow: config.outboundAllow })
  const jobs = new JobWorker(
    store,
    (job, error) => log.error({ job: job.kind, orgId: job.orgId, err: error }, "job failed"),
    () => timers.wake(),
  )

  // Intake and routing
  const hooks = { applyOptOut }
  const intake = countArrivals(
    metrics,
    createIntake({
      store,
      clock,
      hooks,
      fuse: (orgId) => routing.fuse(orgId),
      onParked: (event, error) =>
        log.error({ orgId: event.orgId, channel: event.channel, err: error }, "inbound event parked"),
    }),
  )
  const parked = createParkedEvents({ store, db, hooks })
  const decided = metrics.counter(
    "routing_decisions_total",
    "Decisions of the routing engine, and whether the database took them",
    ["outcome"],
  )
  const routing = createRouting({
    store,
    clock,
    bus,
    timers,
    side: ground.side.db,
    owner: await loadOwner(config.dataDir),
    engine: config.routingEngine,
    onError: (error, orgId) => log.error({ orgId, err: error }, "routing"),
    onDecided(count, refused) {
      decided.add({ outcome: "committed" }, count - refused)
      if (refused > 0) decided.add({ outcome: "refused" }, refused)
    },
    onBroken: (orgId, broken) => invariants.report(orgId, broken),
  })

  // Carriers and channels
  const company = new SandboxCompany({
    db,
    clock,
    keys,
    blobs,
    farEnd,
    http,
    log,
    publicUrl: () => publicUrl,
    listenerUrl,
  })
  const twilio = twilioCarrier(http)
  const accounts = createAccounts({
    db,
    clock,
    keys,
    carriers: { sandbox: twilio, twilio },
    sandboxUrl: () => company.url,
  })
  const smsNumbers = createSmsNumbers(db, clock)
  const carrierFiles = fileLinks({ keys, clock, publicUrl })
  const smsInbound = { store, intake, numbers: smsNumbers, blobs }
  const email = createEmailChannel({
    store,
    blobs,
    keys,
    intake,
    farEnd,
    config,
    onError: (error) => log.warn({ err: error }, "mail"),
  })
  const visitorFiles = visitorFileLinks({ keys, publicUrl, realNow: () => clock.real() })
  const chat = new ChatChannel({
    store,
    bus,
    intake,
    fileLinks: visitorFiles,
    unlimited: config.rateLimitFactor === 0,
    updateDelivery,
    showTyping: (...typing) => hub.customerTyping(...typing),
    endContact: (orgId, conversationId, by) =>
      store.write({ orgId, kind: "act", actor: { type: "customer", ...by } }, (tx) =>
        endChatByCustomer(tx, conversationId, by),
      ),
    sendTranscript: (orgId, to, subject, text) =>
      store.write({ orgId, kind: "act" }, async (tx) => queueSystemMail(tx, keys, { to, subject, text })),
    onError: (error) => log.warn({ err: error }, "chat"),
  })
  const pages = createSandboxPages({ store, publicUrl, onError: (error) => log.warn({ err: error }, "sandbox page") })
  const channels = { email, chat, sms: smsChannel({ store, accounts, farEnd, publicUrl, fileLinks: carrierFiles }) }

  // Work after commits, and what falls due
  const sent = metrics.counter(
    "delivery_tries_total",
    "Tries to send a message: sent, retry (it failed and is tried again), failed or unknown",
    ["channel", "outcome"],
  )
  jobs.handle(
    "deliver",
    deliveryHandler({
      store,
      blobs,
      channels,
      farEnd,
      onSettled: (channel, outcome) => sent.add({ channel, outcome }),
      onError: ({ orgId, channel, deliveryId }, error) =>
        log.error({ orgId, channel, deliveryId, err: error }, "a channel could not send"),
    }),
  )
  jobs.handle("mail_probe", email.probe)
  jobs.handle(systemMailJob, systemMailHandler({ store, keys, farEnd, relay: email.sends ? email.systemRelay : null }))
  jobs.handle(lateMediaJob, lateMediaHandler({ store, blobs, accounts }))
  jobs.handle(unassignJob, async ({ orgId, payload }) => {
    await continueDeactivation(store, orgId, String(payload.userId))
    return "done"
  })
  timers.register(jobs)
  timers.register(new DeliverySweep(store))
  timers.register(new Reconciliation({ ...smsInbound, accounts, log }))
  if (config.testClock) timers.register(testClockFollower(store))

  timers.register(new IdleContacts(store))
  timers.register(new LongWaits(store))
  timers.register(
    new NobodyServesAlarm(store, async (tx, to, alarm) => queueSystemMail(tx, keys, alarmMail(to, alarm, publicUrl))),
  )
  const brokenInvariants = metrics.counter("invariants_broken_total", "Invariants of routing found broken", [
    "invariant",
  ])
  const invariants = createInvariantWatch({
    store,
    clock,
    onBroken(orgId, broken) {
      brokenInvariants.add({ invariant: broken.invariant })
      log.error({ orgId, ...broken }, "invariant broken")
    },
    onError: (error) => log.warn({ err: error }, "invariants"),
  })

  // People
  const sessions = new Sessions(db)
  const tries = new Tries(db, config.rateLimitFactor)
  const cookieName = cookieNameFor(publicUrl)
  const authenticator = new Authenticator({ db, sessions, operatorToken: ground.operatorToken, cookieName })
  const queueMail: UserDeps["queueMail"] = (tx, mail) => queueSystemMail(tx, keys, mail)
  const onOrganizationCreated = [createSections, createWorkflowSettings, onSandboxAccount(keys)]
  const agents: UserDeps["agents"] = {
    ensure: ensureAgent,
    addMember,
    removeMember: (tx, inboxId, userId) => removeMember(tx, inboxId, userId, withdrawFromInbox),
    roleChanged: changeRole,
    capacityChanged: changeCapacity,
    deactivated: deactivateAgent,
  }

  // The API
  const links = attachmentLinks(keys, () => clock.real())
  const receipts = new HookReceipts()
  const injectors = {
    email: email.inject,
    sms: injectSms({ store, company, receipts }),
    chat: (orgId: string, message: Injection) => injectVisitorMessage({ chat, blobs }, orgId, message),
  }
  const routes = allRoutes({
    ...ground,
    version,
    http,
    blobs,
    links,
    sessions,
    tries,
    cookieName,
    agents,
    queueMail,
    // Who still works in another browser goes on there.
    onSignOut: async (orgId, userId, sessionId) => {
      if (!hub.isElsewhere(orgId, userId, sessionId))
        await store.write({ orgId, kind: "act" }, (tx) => logOutAgent(tx, userId))
    },
    onOrganizationCreated,
    parked,
    routing,
    accounts,
    smsNumbers,
    farEnd,
    rules: { sms: smsRule },
    onRead: (_orgId, conversationId, at) => chat.read.show(conversationId, at),
    mailSends: email.sends,
    injectors,
    tellProvider: tellSms(company),
  })
  const answered = metrics.histogram("http_request_seconds", "How long requests took", { labels: ["method", "status"] })
  const server = createServer(
    {
      config,
      store,
      keys,
      authenticator,
      version,
      probe: () => sql`SELECT 1`.execute(ground.side.db),
      onAnswered: ({ method, status, seconds }) => answered.observe(seconds, { method, status }),
      readiness: [
        () => (stopping ? "stopping" : null),
        async () => (!config.databaseUrl && (await isFull(config.dataDir)) ? "storage" : null),
      ],
      metrics: () => metrics.text(),
      webDir: builtPart("web"),
      log,
    },
    routes,
  )
  let stopping = false
  const presence = createPresence({ store, clock, onError: (error) => log.warn({ err: error }, "presence") })
  const hub = new Hub({
    store,
    bus,
    clock,
    version,
    presence,
    stillHolds: (principal) => authenticator.stillHolds(principal),
    offers: (orgId, agentId, ids) => readOffers(db, orgId, { agentId, ...(ids ? { ids } : { status: ["pending"] }) }),
    counts: (orgId, agentIds, now) => readCounts(db, orgId, agentIds, now),
    onTyping: (_orgId, conversationId, channel, agentName, on) =>
      channel === "chat" ? chat.typing.show(conversationId, agentName, on) : undefined,
    unlimited: config.rateLimitFactor === 0,
    onError: (error) => log.warn({ err: error }, "live socket"),
  })
  sessions.onEnded((ended) => hub.endSessions(ended))
  addGauges(ground, {
    agentSockets: () => hub.size,
    visitorSockets: () => chat.hub.all().length,
    databaseAnswers: () => server.watch.answers(),
  })
  server.upgrade(
    livePath,
    liveUpgrade(hub, (request) => server.authenticateSocket(request)),
  )
  const origins = { publicUrl, sandboxOrigin: config.sandboxOrigin }
  server.raw(
    widgetRoutes({
      store,
      keys,
      blobs,
      chat,
      fileLinks: visitorFiles,
      origins,
      rateLimitFactor: config.rateLimitFactor,
      widgetDir: builtPart("widget"),
      watch: server.watch,
    }),
  )
  server.upgrade(widgetSocketPath, widgetUpgrade({ store, chat, origins }))
  server.raw(
    hooksTwilio({
      inbound: smsInbound,
      statuses: { store, updateDelivery, failureOf: failureOfCode },
      accounts,
      blobs,
      fileLinks: carrierFiles,
      config,
      watch: server.watch,
      log,
      onTaken: (token, receipt) => receipts.tell(token, receipt),
    }),
  )

  await company.start()
  await routing.start()
  presence.start()
  invariants.start()
  const files = new FileCollection({
    store,
    blobs,
    clock,
    onError: (error) => log.warn({ err: error }, "file collection"),
  })
  files.start()
  const endHousekeeping = keepHouse({ db, sessions, tries, idempotency: server.idempotency }, (error) =>
    log.warn({ err: error }, "housekeeping"),
  )
  // The code of the set-up link is there before anybody can send it.
  const setupCode = await openSetup(store, config.setupCode)
  await server.listen(config.port, config.host)
  await email.listen()
  await pages.listen(config.sandboxPort, config.host)
  if (demo && setupCode !== null) {
    await loadDemo({
      url: listenerUrl(),
      clock,
      timers,
      settled: (orgId) => routing.settled(orgId),
      password: demo.password,
      setupCode,
    })
    await demo.markLoaded()
  }
  timers.start()

  return {
    url: listenerUrl(),
    ground,
    server,
    routing,
    greeting: greet(ground, demo, setupCode),
    /** In the reverse order: no new work, what was begun ends, leases go, the database last. */
    async stop() {
      stopping = true
      await files.stop()
      await email.stop()
      hub.stop()
      chat.stop()
      await pages.close()
      endHousekeeping()
      await server.close()
      await presence.stop()
      await invariants.stop()
      // Before the timers, which wait for far sides: the other process is to have the companies at once.
      await routing.stop()
      await timers.stop()
      await company.stop()
      await ground.stop()
    },
  }
}

function hostInUrl(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1"
  if (host === "::") return "[::1]"
  return host.includes(":") ? `[${host}]` : host
}

function greet({ config }: Ground, demo: DemoFolder | null, setupCode: string | null): string[] {
  const lines = [`Switchboard is ready: ${config.publicUrl}`]
  if (demo) {
    lines.push(...demoAccounts(demo.password))
    if (setupCode === null && !demo.loaded)
      lines.push(
        "Its loading was interrupted, and some of it is missing: remove DATA_DIR and start again to have all of it.",
      )
  } else if (setupCode !== null) {
    lines.push(
      "Nobody has an account yet. Open this link once to make yours:",
      `setup link: ${config.publicUrl}/setup#code=${setupCode}`,
    )
  }
  if (config.host === "127.0.0.1")
    lines.push("Only this machine can reach it. HOST=0.0.0.0 and PUBLIC_URL let others in.")
  return lines
}

/** `dist/web`, `dist/widget`, where it was built. */
function builtPart(part: "web" | "widget"): string | null {
  const dir = fileURLToPath(new URL(`../dist/${part}`, import.meta.url))
  return existsSync(dir) ? dir : null
}
