import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { sql } from "kysely"
import { apiKeyRoutes } from "./api/api-keys.ts"
import { auditEntryRoutes } from "./api/audit-entries.ts"
import { chatAppRoutes } from "./api/chat-apps.ts"
import { entryPointRoutes } from "./api/entry-points.ts"
import { hooksTwilio } from "./api/hooks-twilio.ts"
import { inboxRoutes } from "./api/inboxes.ts"
import { mailboxRoutes } from "./api/mailboxes.ts"
import { meRoutes } from "./api/me.ts"
import { organizationRoutes } from "./api/organization.ts"
import { permissionRoutes } from "./api/permissions.ts"
import type { Route } from "./api/route.ts"
import { sandboxMailRoutes } from "./api/sandbox/mail.ts"
import { createServer, type HttpServer } from "./api/server.ts"
import { sessionRoutes } from "./api/session.ts"
import { setupRoutes } from "./api/setup.ts"
import { userRoutes } from "./api/users.ts"
import { workflowSettingsRoutes } from "./api/workflow-settings.ts"
import { openBlobs } from "./blobs.ts"
import { createAccounts } from "./carriers/accounts.ts"
import { SandboxCompany } from "./carriers/sandbox/company.ts"
import { twilioCarrier } from "./carriers/twilio/carrier.ts"
import { createEmailChannel } from "./channels/email/adapter.ts"
import { smsChannel } from "./channels/sms/adapter.ts"
import { createSmsNumbers } from "./channels/sms/numbers.ts"
import type { Config } from "./config.ts"
import { deliveryHandler } from "./delivery/worker.ts"
import { queueSystemMail, systemMailHandler, systemMailJob } from "./delivery/system-mail.ts"
import { DeliverySweep } from "./delivery/sweep.ts"
import { createSections } from "./entry-points/begin.ts"
import { type Ground, layGround } from "./ground.ts"
import { createHttpClient } from "./http-client.ts"
import { Authenticator } from "./identity/authenticate.ts"
import { cookieNameFor } from "./identity/cookie.ts"
import { Sessions } from "./identity/sessions.ts"
import { openSetup } from "./identity/setup.ts"
import { Tries } from "./identity/tries.ts"
import { createIntake } from "./intake/intake.ts"
import { JobWorker } from "./jobs/worker.ts"
import { createFarEnd } from "./sandbox/far-end.ts"
import { createWorkflowSettings } from "./workflow/settings.ts"

/** A running Switchboard. */
export interface App {
  readonly url: string
  readonly ground: Ground
  readonly server: HttpServer
  /** What to print once it is ready: where to open the browser, and the set-up link while nobody exists. */
  readonly greeting: readonly string[]
  stop(): Promise<void>
}

export const version = "0.1.0"

/** Starts everything in the order of the path: ground, intake, routing, delivery, channels, carriers, API. */
export async function startApp(given: Config, options: { demo?: boolean; log?: Ground["log"] } = {}): Promise<App> {
  const ground = await layGround(given, options)
  const { config, store, keys, log, metrics, clock, timers, database } = ground
  const { publicUrl } = config
  const listenerUrl = `http://127.0.0.1:${config.port}`

  const blobs = openBlobs(config.blobDir)
  const farEnd = createFarEnd({ store, clock, keys })
  const http = createHttpClient({ outboundAllow: config.outboundAllow })
  const jobs = new JobWorker(store, (job, error) => log.error({ job: job.kind, orgId: job.orgId, err: error }, "job failed"))

  const intake = createIntake({ store, clock })

  const company = new SandboxCompany({ db: database.db, clock, keys, blobs, farEnd, http, log, publicUrl: () => publicUrl, listenerUrl: () => listenerUrl })
  const twilio = twilioCarrier(http)
  const carriers = { sandbox: twilio, twilio }
  const accounts = createAccounts({ db: database.db, clock, keys, carriers, sandboxUrl: () => company.url })

  const email = createEmailChannel({ store, blobs, keys, intake, farEnd, config, onError: (error) => log.warn({ err: error }, "mail") })
  const sms = smsChannel({ store, accounts, farEnd, publicUrl, fileUrl: () => publicUrl })
  const channels = { email, sms }

  jobs.handle("deliver", deliveryHandler({ store, blobs, channels }))
  jobs.handle("mail_probe", email.probe)
  jobs.handle(systemMailJob, systemMailHandler({ store, keys, farEnd, relay: email.sends ? email.systemRelay : null }))
  timers.register(jobs)
  timers.register(new DeliverySweep(store))

  const sessions = new Sessions(database.db)
  const tries = new Tries(database.db, config.rateLimitFactor)
  const cookieName = cookieNameFor(publicUrl)
  const authenticator = new Authenticator({ db: database.db, sessions, operatorToken: ground.operatorToken, cookieName })
  const queueMail: Parameters<typeof userRoutes>[0]["queueMail"] = (tx, mail) => queueSystemMail(tx, keys, mail)
  const onOrganizationCreated = [createSections, createWorkflowSettings]

  const routes: Route[] = [
    ...setupRoutes({ store, sessions, tries, cookieName, agents, onOrganizationCreated }),
    ...sessionRoutes({ store, sessions, tries, cookieName, publicUrl, agents, queueMail }),
    ...organizationRoutes({ store, publicUrl, onOrganizationCreated }),
    ...meRoutes({ store, sessions, tries, agents }),
    ...userRoutes({ store, sessions, agents, publicUrl, queueMail }),
    ...permissionRoutes(),
    ...apiKeyRoutes({ store, sessions }),
    ...auditEntryRoutes({ store }),
    ...inboxRoutes({ store, moveWaiting: async () => undefined, withdrawOffersOfMember: async () => undefined }),
    ...entryPointRoutes({ store }),
    ...workflowSettingsRoutes({ store }),
    ...mailboxRoutes({ store, facts: () => ({ mailDomain: config.mailDomain, sends: email.sends }) }),
    ...chatAppRoutes({ store, keys, publicUrl }),
    ...sandboxMailRoutes({ store }),
  ]
  const server = createServer(
    {
      config,
      store,
      keys,
      authenticator,
      version,
      probe: () => sql`SELECT 1`.execute(ground.side.db),
      readiness: [],
      metrics: () => metrics.text(),
      webDir: builtPages(),
      frameOrigins: [config.sandboxOrigin],
      log,
    },
    routes,
  )

  await company.start()
  await server.listen(config.port, config.host)
  await email.listen()
  timers.start()

  return {
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`,
    ground,
    server,
    greeting: await greet(ground),
    async stop() {
      await timers.stop()
      await email.stop()
      await server.close()
      await company.stop()
      await ground.stop()
    },
  }
}

async function greet({ config, store }: Ground): Promise<string[]> {
  const lines = [`Switchboard is ready: ${config.publicUrl}`]
  const code = await openSetup(store, config.setupCode)
  if (code !== null) lines.push("Nobody has an account yet. Open this link once to make yours:", `setup link: ${config.publicUrl}/setup#code=${code}`)
  if (config.host === "127.0.0.1") lines.push("Only this machine can reach it. HOST=0.0.0.0 and PUBLIC_URL let others in.")
  return lines
}

/** `dist/web`, where it was built. */
function builtPages(): string | null {
  const dir = fileURLToPath(new URL("../dist/web", import.meta.url))
  return existsSync(dir) ? dir : null
}

/** Interim until src/availability offers it. */
const agents: Parameters<typeof userRoutes>[0]["agents"] = {
  async ensure(tx, userId) {
    await tx.db
      .insertInto("agentStates")
      .values({ orgId: tx.orgId, agentId: userId, partitionId: tx.orgId, standardCapacity: 3, maximumCapacity: 6 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },
  addMember: async () => undefined,
  removeMember: async () => undefined,
  roleChanged: async () => undefined,
  capacityChanged: async () => undefined,
  deactivated: async () => undefined,
}
