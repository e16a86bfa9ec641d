import type { AddressInfo, Socket } from "node:net"
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server"
import type { Certificate } from "../../certificate.ts"
import { networkOf } from "../../core/addresses/network.ts"
import { isStorageFull } from "../../disk.ts"

/** One mail as it came over the wire, for one or more of our recipients. */
export type ReceivedMail = {
  /** Without dot-stuffing, otherwise byte for byte. */
  raw: Buffer
  /** Empty for the null sender. */
  envelopeFrom: string
  /** As given at RCPT, accepted ones only. */
  recipients: readonly string[]
  ip: string
  helo: string
}

/** A reply that refuses: the code with its enhanced status code (RFC 3463) in front of the sentence. */
export class SmtpRefusal extends Error {
  readonly responseCode: number
  constructor(responseCode: number, text: string) {
    super(text)
    this.name = "SmtpRefusal"
    this.responseCode = responseCode
  }
}

export type SmtpDeps = {
  host: string
  port: number
  /** How we name ourselves in the greeting. */
  name: string
  /** Of one's own; without it STARTTLS is not offered, since a key that everybody knows protects nobody. */
  certificate?: Certificate
  /** Throws `SmtpRefusal` for who is not here; anything else it throws becomes 451. */
  checkRecipient(address: string): Promise<void>
  /** Resolves when all of the mail is committed: only then 250 is said. */
  accept(mail: ReceivedMail): Promise<void>
  onError(error: unknown): void
  limits?: Partial<SmtpLimits>
}

export type SmtpLimits = {
  sizeBytes: number
  connections: number
  connectionsPerAddress: number
  recipients: number
  /** Recipients that are not here, after which the connection ends: harvesting. */
  unknownRecipients: number
  /** Of all mails under way together. */
  heldBytes: number
  /** Of them, from one address: who is slow on purpose must not keep the others' mail out. */
  heldBytesPerAddress: number
  idleSeconds: number
  connectionSeconds: number
  commandBytes: number
}

export const smtpLimits: SmtpLimits = {
  sizeBytes: 35 * 1024 * 1024,
  connections: 300,
  connectionsPerAddress: 200,
  recipients: 100,
  unknownRecipients: 20,
  heldBytes: 256 * 1024 * 1024,
  heldBytesPerAddress: 128 * 1024 * 1024,
  idleSeconds: 60,
  connectionSeconds: 900,
  commandBytes: 4_096,
}

export interface SmtpListener {
  readonly port: number
  stop(): Promise<void>
}

/** Starts receiving mail (RFC 5321). Never an open relay: only recipients that `checkRecipient` lets pass get to DATA. */
export async function listenSmtp(deps: SmtpDeps): Promise<SmtpListener> {
  const limits = { ...smtpLimits, ...deps.limits }
  const { certificate } = deps
  const unknown = new Map<string, number>()
  const held = new HeldBytes(limits)
  const server = new SMTPServer({
    ...certificate?.pair,
    // RFC 8996: what speaks less than this gains nothing by it.
    minVersion: "TLSv1.2",
    name: deps.name,
    banner: "Switchboard",
    size: limits.sizeBytes,
    rejectOversized: true,
    maxClients: limits.connections,
    maxRecipients: limits.recipients,
    maxCommandLength: limits.commandBytes,
    maxAllowedUnauthenticatedCommands: false,
    socketTimeout: limits.idleSeconds * 1_000,
    closeTimeout: 2_000,
    disabledCommands: certificate ? ["AUTH"] : ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    onConnect(_session, callback) {
      if (!certificate) return callback()
      certificate.renewed().then((renewed) => {
        if (renewed) server.updateSecureContext(certificate.pair)
        callback()
      }, callback)
    },
    onRcptTo({ address }, session, callback) {
      deps.checkRecipient(address).then(
        () => callback(),
        (error: unknown) => callback(refused(session, error)),
      )
    },
    onData(stream, session, callback) {
      receive(stream, session).then(
        () => callback(null, "2.6.0 Message accepted"),
        (error: unknown) => callback(error instanceof SmtpRefusal ? error : notTaken(error)),
      )
    },
    onClose(session) {
      unknown.delete(session.id)
    },
  })
  server.on("error", (error) => (isOfClient(error) ? undefined : deps.onError(error)))
  boundConnections(server, limits)

  function refused(session: SMTPServerSession, error: unknown): SmtpRefusal {
    if (!(error instanceof SmtpRefusal)) return notTaken(error)
    const tries = (unknown.get(session.id) ?? 0) + 1
    unknown.set(session.id, tries)
    return tries > limits.unknownRecipients ? new SmtpRefusal(421, "4.7.0 Too many unknown recipients") : error
  }

  function notTaken(error: unknown): SmtpRefusal {
    deps.onError(error)
    return isStorageFull(error)
      ? new SmtpRefusal(452, "4.3.1 Out of storage, try again later")
      : new SmtpRefusal(451, "4.3.0 Not available, try again later")
  }

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const from = networkOf(session.remoteAddress)
    const mail = await readData(stream, held, from)
    try {
      await deps.accept({
        raw: mail,
        envelopeFrom: session.envelope.mailFrom ? session.envelope.mailFrom.address : "",
        recipients: session.envelope.rcptTo.map(({ address }) => address),
        ip: session.remoteAddress,
        helo: session.hostNameAppearsAs || "",
      })
    } finally {
      held.release(from, mail.length)
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(deps.port, deps.host, () => {
      server.off("error", reject)
      resolve()
    })
  })
  const { port } = server.server.address() as AddressInfo
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

const sweepSeconds = 0.5
const cr = 0x0d
const lf = 0x0a

/** What is held of mails that are not stored yet, of all and by whom it comes from. */
class HeldBytes {
  readonly #limits: Pick<SmtpLimits, "heldBytes" | "heldBytesPerAddress">
  readonly #byAddress = new Map<string, number>()
  #all = 0

  constructor(limits: Pick<SmtpLimits, "heldBytes" | "heldBytesPerAddress">) {
    this.#limits = limits
  }

  /** False where it would be too much. */
  hold(address: string, bytes: number): boolean {
    const ofAddress = (this.#byAddress.get(address) ?? 0) + bytes
    if (this.#all + bytes > this.#limits.heldBytes || ofAddress > this.#limits.heldBytesPerAddress) return false
    this.#all += bytes
    this.#byAddress.set(address, ofAddress)
    return true
  }

  release(address: string, bytes: number): void {
    this.#all -= bytes
    const left = (this.#byAddress.get(address) ?? 0) - bytes
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }
}

/** The whole of DATA, or a refusal after its end. Nothing above a limit is kept. */
async function readData(stream: SMTPServerDataStream, held: HeldBytes, from: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let last = 0
  let refusal: SmtpRefusal | null = null
  const drop = (why: SmtpRefusal) => {
    refusal ??= why
    chunks.length = 0
    held.release(from, size)
    size = 0
  }
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (refusal) continue
      // RFC 5321 2.3.8; CVE-2023-51764: a line that ends otherwise for us than for the sender hides a second mail.
      if (hasBareLineFeed(chunk, last)) drop(new SmtpRefusal(554, "5.6.0 Lines must end with CR LF"))
      else if (stream.sizeExceeded) drop(new SmtpRefusal(552, "5.3.4 Message too big"))
      else if (!held.hold(from, chunk.length))
        drop(new SmtpRefusal(452, "4.3.1 Too much mail at once, try again later"))
      else {
        chunks.push(chunk)
        size += chunk.length
      }
      last = chunk.at(-1) ?? last
    }
  } catch {
    drop(new SmtpRefusal(451, "4.4.2 The connection broke"))
  }
  if (refusal) throw refusal
  return Buffer.concat(chunks)
}

function hasBareLineFeed(chunk: Buffer, before: number): boolean {
  for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, at + 1)) {
    if ((at === 0 ? before : chunk[at - 1]) !== cr) return true
  }
  return false
}

/** Slow and many: an idle limit alone lets one byte each ten seconds live for ever (reliability 53). */
function boundConnections(server: SMTPServer, limits: SmtpLimits): void {
  // Counted by what is open and not by `close`: STARTTLS takes all listeners off the socket that it wraps.
  const open = new Map<Socket, { address: string; endsAt: number }>()
  const sweep = () => {
    const now = performance.now()
    for (const [socket, { endsAt }] of open) {
      if (now >= endsAt) socket.destroy()
      if (socket.destroyed) open.delete(socket)
    }
  }
  const timer = setInterval(sweep, sweepSeconds * 1_000).unref()
  server.server.once("close", () => clearInterval(timer))
  server.server.prependListener("connection", (socket: Socket) => {
    const address = networkOf(socket.remoteAddress ?? "")
    open.set(socket, { address, endsAt: performance.now() + limits.connectionSeconds * 1_000 })
    const ofAddress = [...open].filter(([one, bound]) => bound.address === address && !one.destroyed)
    if (ofAddress.length > limits.connectionsPerAddress) socket.destroy()
  })
}

/** What one client did to its own connection, a handshake that failed too: no concern of the server's. */
function isOfClient(error: Error & { code?: string; remoteAddress?: string }): boolean {
  return (
    error.remoteAddress !== undefined || ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"].includes(error.code ?? "")
  )
}
