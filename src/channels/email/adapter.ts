import type { Blobs } from "../../blobs.ts"
import { openCertificate } from "../../certificate.ts"
import type { Config } from "../../config.ts"
import type { Intake } from "../../intake/inbound-event.ts"
import type { Keys } from "../../keys.ts"
import type { FarEnd } from "../../sandbox/far-end.ts"
import type { Store } from "../../store/write.ts"
import type { Channel } from "../channel.ts"
import { createAuthenticationCheck } from "./authentication.ts"
import { acceptMail, checkRecipient } from "./inbound.ts"
import { type InjectedMail, type Injection, injectMail } from "./inject.ts"
import { Injections } from "./injections.ts"
import { lookupMail, sendMail, systemRelay } from "./outbound.ts"
import { MailPool } from "./parse/pool.ts"
import { createRelay } from "./relay.ts"
import { probeHandler } from "./probe.ts"
import { listenSmtp, type SmtpLimits, type SmtpListener } from "./smtp-listener.ts"
import { type ThreadTokens, threadTokens } from "./thread-token.ts"

export type EmailDeps = {
  store: Store
  blobs: Blobs
  keys: Keys
  intake: Intake
  farEnd: FarEnd
  config: Pick<Config, "smtpHost" | "smtpPort" | "smtpTls" | "smtpRelayUrl" | "mailDomain">
  onError(error: unknown): void
  limits?: Partial<SmtpLimits>
}

/** E-mail: the Channel, and the folder's contents. */
export interface EmailChannel extends Channel {
  readonly tokens: ThreadTokens
  /** Whether mail leaves; without a relay it goes to the sandbox. */
  readonly sends: boolean
  readonly systemRelay: ReturnType<typeof systemRelay>
  /** For jobs of kind `mail_probe`. */
  readonly probe: ReturnType<typeof probeHandler>
  /** Begins to receive; answers the port. */
  listen(): Promise<number>
  inject(orgId: string, mail: Injection): Promise<InjectedMail>
  /** Resolves when no check of SPF, DKIM and DMARC is under way. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export function createEmailChannel(deps: EmailDeps): EmailChannel {
  const { store, blobs, keys, intake, farEnd, config, onError } = deps
  const mailDomain = () => config.mailDomain
  const tokens = threadTokens(keys, mailDomain)
  const relay = config.smtpRelayUrl ? createRelay(config.smtpRelayUrl, config.mailDomain) : null
  const pool = new MailPool()
  const injections = new Injections()
  const authentication = createAuthenticationCheck({ store, blobs, onError })
  const inbound = { store, blobs, intake, pool, tokens, mailDomain, injections, authentication }
  const outbound = { store, farEnd, tokens, relay, mailDomain }
  let listener: SmtpListener | null = null
  const injector = {
    store,
    injections,
    mailDomain,
    listener: () => ({ host: config.smtpHost, port: listener?.port ?? config.smtpPort }),
  }
  return {
    name: "email",
    tokens,
    sends: relay !== null,
    systemRelay: systemRelay(outbound),
    probe: probeHandler({ ...injector, tokens, relay }),
    send: (message) => sendMail(outbound, message),
    lookup: (message) => lookupMail(outbound, message),
    async listen() {
      const certificate = config.smtpTls ? await openCertificate(config.smtpTls, onError) : null
      listener = await listenSmtp({
        host: config.smtpHost,
        port: config.smtpPort,
        name: config.mailDomain,
        checkRecipient: (address) => checkRecipient(inbound, address),
        accept: (mail) => acceptMail(inbound, mail),
        onError,
        ...(certificate && { certificate }),
        ...(deps.limits && { limits: deps.limits }),
      })
      pool.warm()
      authentication.start()
      return listener.port
    },
    inject: (orgId, mail) => injectMail(injector, orgId, mail),
    idle: () => authentication.idle(),
    async stop() {
      await listener?.stop()
      await Promise.all([pool.stop(), authentication.stop()])
    },
  }
}
