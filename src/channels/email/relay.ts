import { Readable } from "node:stream"
import { createTransport } from "nodemailer"
import { type SendFailure, type Sent, sendFailure } from "../../delivery/failure.ts"
import type { ComposedMail } from "./compose.ts"

/** How mail leaves: one connection for each mail to `SMTP_RELAY_URL`, within the minute that a delivery has. */
export interface Relay {
  hand(mail: ComposedMail): Promise<Sent | SendFailure>
}

const connectSeconds = 10
const silenceSeconds = 25
/** Altogether, whatever drips in: somewhat less than a delivery has. */
const handSeconds = 55

/** `smtp://` upgrades by STARTTLS where the relay offers it; `smtps://` begins encrypted. User and password stand in the URL. */
export function createRelay(url: string, heloName: string, limits = { handSeconds }): Relay {
  const at = new URL(url)
  const secure = at.protocol === "smtps:"
  const transport = createTransport({
    host: at.hostname.replace(/^\[|\]$/g, ""),
    port: Number(at.port || (secure ? 465 : 587)),
    secure,
    name: heloName,
    ...(at.username !== "" && {
      auth: { user: decodeURIComponent(at.username), pass: decodeURIComponent(at.password) },
    }),
    connectionTimeout: connectSeconds * 1_000,
    greetingTimeout: connectSeconds * 1_000,
    dnsTimeout: connectSeconds * 1_000,
    socketTimeout: silenceSeconds * 1_000,
  })
  return {
    async hand(mail) {
      const { raw, envelope, messageId } = mail
      let handedOver = false
      const stream = Readable.from([raw], { objectMode: false }).once("end", () => {
        handedOver = true
      })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("it takes too long")), limits.handSeconds * 1_000)
      })
      try {
        const taken = transport.sendMail({ envelope, raw: stream })
        const { rejectedErrors = [] }: { rejectedErrors?: SmtpError[] } = await Promise.race([taken, late])
        return rejectedErrors.length > 0 ? takenInPart(mail, rejectedErrors) : { ok: true, externalId: messageId }
      } catch (error) {
        return failureOf(error as SmtpError, handedOver)
      } finally {
        clearTimeout(timer)
        stream.destroy()
      }
    },
  }
}

type SmtpError = Error & {
  code?: string
  command?: string
  responseCode?: number
  response?: string
  recipient?: string
}

/**
 * Some recipients were refused, the others have it. Without those whom it was written to it has failed, and is not tried
 * again by itself: the others would have it twice.
 */
function takenInPart(
  { envelope, addressees, messageId }: ComposedMail,
  refused: readonly SmtpError[],
): Sent | SendFailure {
  const missed = refused.flatMap(({ recipient }) => recipient ?? [])
  const text = `The mail server refused ${refused.map((error) => `${error.recipient} (${saidBy(error)})`).join(", ")}.`
  if (!missed.some((address) => addressees.includes(address)))
    return { ok: true, externalId: messageId, shortfall: { code: "refused_in_part", text } }
  const others = envelope.to.filter((address) => !missed.includes(address))
  return sendFailure("refused", `${text} It went to ${others.join(", ")}.`)
}

function saidBy({ response, message }: SmtpError): string {
  return (response ?? message).replace(/[\p{Cc}\s]+/gu, " ").slice(0, 300)
}

/** What a reply of the relay means (RFC 5321 4.2.1), and what silence means: after the whole mail was handed over, nobody knows. */
function failureOf(error: SmtpError, handedOver: boolean): SendFailure {
  const { responseCode } = error
  const said = saidBy(error)
  if (error.code === "EAUTH")
    return sendFailure("relay_refused_login", `The mail server does not accept our login: ${said}`, { retryable: true })
  if (responseCode !== undefined && responseCode >= 500)
    return sendFailure("refused", `The mail server refused it: ${said}`)
  if (responseCode !== undefined && responseCode >= 400)
    return sendFailure("deferred", `The mail server asks to try again: ${said}`, { retryable: true })
  if (handedOver) {
    return sendFailure("outcome_unknown", "The mail server fell silent after it had the mail. It may have been sent.", {
      unknown: true,
    })
  }
  return sendFailure("relay_unreachable", `The mail server cannot be reached: ${said}`, { retryable: true })
}
