import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "kysely"
import { type TestStore, testStore } from "../../../test/database.ts"
import { carrierAccountRoutes } from "../../api/carrier-accounts.ts"
import { hooksTwilio } from "../../api/hooks-twilio.ts"
import { optOutRoutes } from "../../api/opt-outs.ts"
import { phoneNumberRoutes } from "../../api/phone-numbers.ts"
import { sandboxCarrierRoutes } from "../../api/sandbox/carrier.ts"
import { sandboxClockRoutes } from "../../api/sandbox/clock.ts"
import { sandboxDeliveryRoutes } from "../../api/sandbox/deliveries.ts"
import { injectSms } from "../../api/sandbox/inject-sms.ts"
import { sandboxMessageRoutes } from "../../api/sandbox/messages.ts"
import { HookReceipts } from "../../api/sandbox/receipts.ts"
import { tellSms } from "../../api/sandbox/tell-sms.ts"
import { createServer, type HttpServer } from "../../api/server.ts"
import { type Blobs, openBlobs } from "../../blobs.ts"
import { onOrganizationCreated } from "../../carriers/account-book.ts"
import { type Accounts, createAccounts } from "../../carriers/accounts.ts"
import { SandboxCompany } from "../../carriers/sandbox/company.ts"
import { twilioCarrier } from "../../carriers/twilio/carrier.ts"
import { failureOfCode } from "../../carriers/twilio/statuses.ts"
import { updateDelivery } from "../../delivery/status.ts"
import { createSections } from "../../entry-points/begin.ts"
import { createHttpClient } from "../../http-client.ts"
import { newApiKey } from "../../identity/api-keys.ts"
import { Authenticator } from "../../identity/authenticate.ts"
import { cookieNameFor } from "../../identity/cookie.ts"
import { Sessions } from "../../identity/sessions.ts"
import { hashSecret, newId } from "../../ids.ts"
import type { InboundEvent, Intake } from "../../intake/inbound-event.ts"
import { createIntake } from "../../intake/intake.ts"
import { JobWorker } from "../../jobs/worker.ts"
import { keysFrom } from "../../keys.ts"
import { createFarEnd, type FarEnd } from "../../sandbox/far-end.ts"
import { Timers } from "../../timers.ts"
import type { Channel } from "../channel.ts"
import { smsChannel } from "./adapter.ts"
import { fileLinks } from "./file-links.ts"
import { lateMediaHandler, lateMediaJob } from "./late-media.ts"
import { createSmsNumbers } from "./numbers.ts"
import { applyOptOut } from "./opt-out.ts"
import { Reconciliation } from "./reconciliation.ts"

// biome-ignore lint/suspicious/noExplicitAny: tests read what the contract says is there
export type Answered = { status: number; body: any; headers: Headers }

/** For tests: SMS on a real server, a real database and the real intake, with the sandbox's company behind it. */
export type SmsRig = {
  stored: TestStore
  server: HttpServer
  url: string
  blobs: Blobs
  farEnd: FarEnd
  company: SandboxCompany
  accounts: Accounts
  channel: Channel
  reconciliation: Reconciliation
  timers: Timers
  jobs: JobWorker
  orgId: string
  inboxId: string
  /** The sandbox account of the organization. */
  accountId: string
  logged: { fields: object; message: string }[]
  /** What intake does before it takes an event. */
  beforeAccept: { act: ((event: InboundEvent) => Promise<void>) | null }
  /** As the administrator. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>
  /** Adopts a number and switches text messages on. */
  addNumber(e164: string, accountId?: string): Promise<{ id: string; entryPointId: string }>
  close(): Promise<void>
}

export const publicUrl = "https://desk.example"

export async function smsRig(options: { outboundAllow?: string[] } = {}): Promise<SmsRig> {
  const stored = await testStore()
  const { store, db, clock } = stored
  const folder = await mkdtemp(join(tmpdir(), "switchboard-sms-"))
  const blobs = openBlobs(folder)
  const keys = keysFrom("a secret for tests of text messages")
  const farEnd = createFarEnd({ store, clock, keys })
  const http = createHttpClient({ outboundAllow: options.outboundAllow ?? [] })
  const logged: SmsRig["logged"] = []
  const log = {
    info: (fields: object, message: string) => void logged.push({ fields, message }),
    warn: (fields: object, message: string) => void logged.push({ fields, message }),
  }
  const timers = new Timers(clock, (_name, error) => {
    throw error
  })
  const jobs = new JobWorker(
    store,
    (_job, error) => void logged.push({ fields: { err: error }, message: "job failed" }),
  )

  let url = ""
  const company = new SandboxCompany({
    deliveredAfterMs: 0,
    db,
    clock,
    keys,
    blobs,
    farEnd,
    http,
    log,
    publicUrl: () => publicUrl,
    listenerUrl: () => url,
  })
  await company.start()
  const carrier = twilioCarrier(http)
  const accounts = createAccounts({
    db,
    clock,
    keys,
    carriers: { sandbox: carrier, twilio: carrier },
    sandboxUrl: () => company.url,
  })
  const smsNumbers = createSmsNumbers(db, clock)
  const beforeAccept: SmsRig["beforeAccept"] = { act: null }
  const inner = createIntake({ store, clock, hooks: { applyOptOut } })
  const intake: Intake = {
    async accept(event) {
      await beforeAccept.act?.(event)
      return inner.accept(event)
    },
  }
  const inbound = { store, intake, numbers: smsNumbers, blobs }
  const links = fileLinks({ keys, clock, publicUrl })
  const receipts = new HookReceipts()
  const reconciliation = new Reconciliation({ ...inbound, accounts, log })
  jobs.handle(lateMediaJob, lateMediaHandler({ store, blobs, accounts }))

  const { orgId, inboxId, key } = await organization(stored, onOrganizationCreated(keys))
  const authenticator = new Authenticator({
    db,
    sessions: new Sessions(db),
    operatorToken: "operator",
    cookieName: cookieNameFor(publicUrl),
  })
  const injectors = { sms: injectSms({ store, company, receipts }) }
  const config = { publicUrl, apiAllowedOrigins: [], rateLimitFactor: 0, trustProxy: false }
  const server = createServer(
    {
      config,
      store,
      keys,
      authenticator,
      version: "0",
      probe: () => sql`SELECT 1`.execute(db),
      readiness: [],
      metrics: async () => "",
      webDir: null,
      log: {
        info: () => {},
        error: (fields) => {
          console.error(fields.err)
        },
      },
    },
    [
      ...carrierAccountRoutes({ store, keys, accounts, http, publicUrl }),
      ...phoneNumberRoutes({ store, accounts, smsNumbers, publicUrl }),
      ...optOutRoutes({ store }),
      ...sandboxMessageRoutes({ store, injectors, settled: async () => undefined }),
      ...sandboxCarrierRoutes({ store }),
      ...sandboxDeliveryRoutes({ store, farEnd, tellProvider: tellSms(company) }),
      ...sandboxClockRoutes({ store, timers, config: { testClock: true } }),
    ],
  )
  const onTaken = (token: string, receipt: Parameters<HookReceipts["tell"]>[1]) => receipts.tell(token, receipt)
  server.raw(
    hooksTwilio({
      inbound,
      statuses: { store, updateDelivery, failureOf: failureOfCode },
      accounts,
      blobs,
      fileLinks: links,
      config,
      watch: server.watch,
      log,
      onTaken,
    }),
  )
  url = `http://127.0.0.1:${await server.listen(0, "127.0.0.1")}`

  const call: SmsRig["call"] = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === "" ? null : JSON.parse(text), headers: answer.headers }
  }
  const [account] = (await call("GET", "/carrier-accounts")).body.items
  const rig: SmsRig = {
    stored,
    server,
    url,
    blobs,
    farEnd,
    company,
    accounts,
    reconciliation,
    timers,
    jobs,
    orgId,
    inboxId,
    logged,
    beforeAccept,
    call,
    channel: smsChannel({ store, accounts, farEnd, publicUrl, fileLinks: links }),
    accountId: account.id,
    async addNumber(e164, accountId = account.id) {
      const number = await call("POST", "/phone-numbers", { carrierAccountId: accountId, e164 })
      if (number.status !== 201) throw new Error(JSON.stringify(number.body))
      const entryPoint = await call("PUT", `/phone-numbers/${number.body.id}/sms-activation`)
      if (entryPoint.status !== 200) throw new Error(JSON.stringify(entryPoint.body))
      return { id: number.body.id, entryPointId: entryPoint.body.id }
    },
    async close() {
      await server.close()
      await company.stop()
      await stored.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return rig
}

async function organization({ store, db }: TestStore, madeAccount: ReturnType<typeof onOrganizationCreated>) {
  const [orgId, inboxId, userId] = [newId(), newId(), newId()]
  await db
    .insertInto("organizations")
    .values({ id: orgId, name: "Retale", timeZone: "America/New_York", fallbackInboxId: inboxId })
    .execute()
  await db
    .insertInto("inboxes")
    .values({ orgId, id: inboxId, name: "General Support", slaMinutesText: "1440", slaSeconds: 86_400 })
    .execute()
  await db
    .insertInto("users")
    .values({
      orgId,
      id: userId,
      name: "Jordan",
      email: `jordan-${orgId}@retale.com`,
      roles: ["administrator"],
      status: "active",
    })
    .execute()
  const made = newApiKey()
  await db
    .insertInto("apiKeys")
    .values({
      orgId,
      id: newId(),
      name: "t",
      prefix: made.prefix,
      keyHash: hashSecret(made.key),
      roles: ["administrator"],
      createdBy: userId,
    })
    .execute()
  await store.write({ orgId, kind: "act" }, async (tx) => {
    await createSections(tx)
    await madeAccount(tx, orgId)
  })
  return { orgId, inboxId, key: made.key }
}
