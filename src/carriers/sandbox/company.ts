import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { type Kysely, sql } from "kysely"
import type { Blobs } from "../../blobs.ts"
import type { Clock } from "../../clock.ts"
import type { Keys } from "../../keys.ts"
import type { FarEnd, FarEndFile } from "../../sandbox/far-end.ts"
import type { DB } from "../../store/tables.ts"
import type { SandboxAccount } from "./account.ts"
import { findMessage, findNumber, insertMedia, insertMessage, type SandboxMessage, setMessageStatus } from "./books.ts"
import { answerRest, type RestCompany } from "./rest.ts"
import { takeFault } from "./settings.ts"
import { newSid } from "./sid.ts"
import { fetchOurFile, postWebhook, type WebhookDeps } from "./webhooks.ts"

export type CompanyDeps = WebhookDeps & {
  db: Kysely<DB>
  clock: Clock
  keys: Keys
  blobs: Blobs
  farEnd: FarEnd
  log: { warn(fields: object, message: string): void }
  /** How long whoever plays the customer may tell another fate before a text that was sent counts as delivered (1,000). */
  deliveredAfterMs?: number
}

const deliveredAfterMsInitially = 1_000

export type InboundText = {
  /** Made when absent; the same one again is the same message again. */
  sid: string | null
  from: string
  to: string
  text: string
  profileName: string | null
  sentAt: Date | null
  files: readonly { name: string; type: string; content: Buffer }[]
  /** Comes with the webhook, so that who listens there knows which one it is. */
  idempotencyToken: string
}

export type InboundOutcome = { sid: string; webhook: "taken" | "unavailable" | "failed" }

/** The program's own telephone company: it keeps books, answers REST calls on a loopback port and posts signed webhooks. */
export class SandboxCompany implements RestCompany {
  readonly deps: CompanyDeps
  readonly #server: Server
  readonly #underway = new Set<Promise<void>>()
  readonly #pauses = new Set<() => void>()
  #url = ""

  constructor(deps: CompanyDeps) {
    this.deps = deps
    this.#server = createServer((request, response) => void answerRest(this, request, response))
  }

  /** Where the REST API stands. */
  get url(): string {
    return this.#url
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen(0, "127.0.0.1", resolve)
    })
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const end of this.#pauses) end()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await Promise.allSettled([...this.#underway])
  }

  async accountOf(accountSid: string): Promise<SandboxAccount | null> {
    const { rows } = await sql<SandboxAccount>`
      SELECT org_id, account_sid, auth_token, name FROM carrier_accounts
      WHERE carrier = 'sandbox' AND account_sid = ${accountSid}`.execute(this.deps.db)
    return rows[0] ? { ...rows[0], authToken: this.deps.keys.open(rows[0].authToken) } : null
  }

  /** A customer's phone sends. The message stands in the company's list whatever becomes of the webhook. */
  async receive(account: SandboxAccount, text: InboundText): Promise<InboundOutcome> {
    const { db, clock } = this.deps
    const sid = text.sid ?? newSid(text.files.length > 0 ? "MM" : "SM")
    const media = text.files.map((file) => ({ sid: newSid("ME"), type: file.type, name: file.name }))
    for (const [index, file] of text.files.entries()) {
      await insertMedia(db, account, { sid: media[index]?.sid ?? newSid("ME"), type: file.type, content: file.content })
    }
    const message: SandboxMessage = {
      orgId: account.orgId,
      accountSid: account.accountSid,
      sid,
      direction: "inbound",
      sender: text.from,
      recipient: text.to,
      body: text.text,
      media,
      profileName: text.profileName,
      status: "received",
      errorCode: null,
      statusCallback: null,
      createdAt: text.sentAt ?? clock.now(),
    }
    const fresh = await insertMessage(db, message)
    const told = fresh ? message : ((await findMessage(db, account.orgId, sid)) ?? message)
    return { sid, webhook: await this.#tellMessage(account, told, text) }
  }

  async #tellMessage(
    account: SandboxAccount,
    message: SandboxMessage,
    text: InboundText,
  ): Promise<InboundOutcome["webhook"]> {
    const { db, log, publicUrl } = this.deps
    const number = await findNumber(db, account.orgId, account.accountSid, { e164: message.recipient })
    if (!number?.smsUrl || (await takeFault(db, account.orgId, "webhook")) !== null) return "failed"
    const params = messageParams(this.#url, account, message, text.sentAt)
    const from = { authToken: account.authToken, idempotencyToken: text.idempotencyToken }
    for (const url of [number.smsUrl, number.smsFallbackUrl].filter((one) => one !== "")) {
      const posted = await postWebhook(this.deps, url, params, from)
      if (posted.status === 200) return "taken"
      log.warn(
        { accountSid: account.accountSid, status: posted.status, publicUrl: publicUrl() },
        "sandbox webhook not taken",
      )
      if (posted.status === 503) return "unavailable"
    }
    return "failed"
  }

  /** Sends one of our texts to the far end, and tells its states unless its answer got lost. */
  async carry(
    account: SandboxAccount,
    message: SandboxMessage,
    mediaUrls: readonly string[],
    options: { silent: boolean; failWith: string | null },
  ): Promise<void> {
    const { db, blobs, farEnd } = this.deps
    const files: FarEndFile[] = []
    for (const [index, url] of mediaUrls.entries()) {
      const file = await fetchOurFile(this.deps, url)
      if (!file) return this.#later(options.silent, () => this.tellStatus(account, message.sid, "failed", "63019"))
      const stored = await blobs.put(file.content)
      await insertMedia(db, account, {
        sid: message.media[index]?.sid ?? newSid("ME"),
        type: file.type,
        content: file.content,
      })
      files.push({ name: new URL(url).pathname.split("/").at(-1) ?? "file", type: file.type, ...stored })
    }
    if (options.failWith !== null)
      return this.#later(options.silent, () => this.tellStatus(account, message.sid, "undelivered", options.failWith))
    const deliveryId = message.statusCallback ? new URL(message.statusCallback).searchParams.get("delivery") : null
    await farEnd.record(account.orgId, {
      messageId: await this.#messageIdOf(account.orgId, deliveryId),
      deliveryId,
      channel: "sms",
      from: message.sender,
      to: [message.recipient],
      text: message.body,
      files,
      externalId: message.sid,
    })
    this.#later(options.silent, async () => {
      await this.tellStatus(account, message.sid, "sent", null)
      await this.#pause(this.deps.deliveredAfterMs ?? deliveredAfterMsInitially)
      const now = await findMessage(db, account.orgId, message.sid)
      if (now?.status === "sent") await this.tellStatus(account, message.sid, "delivered", null)
    })
  }

  /** Ends early when the company stops. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#pauses.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#pauses.add(end)
    })
  }

  /** What becomes of a text of ours, told by a signed webhook. */
  async tellStatus(account: SandboxAccount, sid: string, status: string, errorCode: string | null): Promise<boolean> {
    const { db } = this.deps
    const message = await findMessage(db, account.orgId, sid)
    if (!message) return false
    await setMessageStatus(db, { orgId: account.orgId, sid }, status, numberOf(errorCode))
    if (!message.statusCallback) return true
    const params: Record<string, string> = {
      AccountSid: account.accountSid,
      ApiVersion: "2010-04-01",
      From: message.sender,
      To: message.recipient,
      MessageSid: sid,
      SmsSid: sid,
      MessageStatus: status,
      SmsStatus: status,
      ...(errorCode !== null && { ErrorCode: errorCode }),
    }
    const posted = await postWebhook(this.deps, message.statusCallback, params, {
      authToken: account.authToken,
      idempotencyToken: newSid("IT"),
    })
    return posted.status !== null && posted.status < 300
  }

  #later(silent: boolean, act: () => Promise<unknown>): void {
    if (silent) return
    const work = act().then(
      () => undefined,
      (error: unknown) => this.deps.log.warn({ err: error }, "sandbox status not told"),
    )
    this.#underway.add(work)
    void work.finally(() => this.#underway.delete(work))
  }

  async #messageIdOf(orgId: string, deliveryId: string | null): Promise<string | null> {
    if (deliveryId === null || !/^[0-9a-f-]{36}$/.test(deliveryId)) return null
    const { rows } = await sql<{ messageId: string }>`
      SELECT message_id FROM deliveries WHERE org_id = ${orgId} AND id = ${deliveryId}`.execute(this.deps.db)
    return rows[0]?.messageId ?? null
  }
}

function messageParams(
  apiUrl: string,
  account: SandboxAccount,
  message: SandboxMessage,
  sentAt: Date | null,
): Record<string, string> {
  const params: Record<string, string> = {
    ToCountry: "US",
    SmsMessageSid: message.sid,
    NumMedia: String(message.media.length),
    SmsSid: message.sid,
    SmsStatus: "received",
    Body: message.body,
    FromCountry: "US",
    To: message.recipient,
    NumSegments: "1",
    MessageSid: message.sid,
    AccountSid: account.accountSid,
    From: message.sender,
    ApiVersion: "2010-04-01",
  }
  if (message.profileName) params.ProfileName = message.profileName
  // Not theirs: only where the player of the customer said when it was written.
  if (sentAt) params.DateSent = sentAt.toISOString()
  for (const [index, media] of message.media.entries()) {
    params[`MediaUrl${index}`] =
      `${apiUrl}/2010-04-01/Accounts/${account.accountSid}/Messages/${encodeURIComponent(message.sid)}/Media/${media.sid}`
    params[`MediaContentType${index}`] = media.type
  }
  return params
}

function numberOf(code: string | null): number | null {
  return code !== null && /^\d{1,9}$/.test(code) ? Number(code) : null
}
