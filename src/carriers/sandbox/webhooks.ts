import { type HttpClient, OutboundError } from "../../http-client.ts"
import { signForm } from "../twilio/signature.ts"

export type Posted = { status: number; body: string } | { status: null; why: string }

export type WebhookDeps = {
  http: HttpClient
  publicUrl: () => string
  /** Our own listener, such as http://127.0.0.1:8080. */
  listenerUrl: () => string
}

const timeoutMs = 15_000

/**
 * Posts as the company does: signed over the public address. It connects to our own listener, so that it works behind a
 * proxy and never calls anybody else.
 */
export async function postWebhook(
  deps: WebhookDeps,
  url: string,
  params: Record<string, string>,
  from: { authToken: string; idempotencyToken: string },
): Promise<Posted> {
  const publicUrl = deps.publicUrl()
  if (!url.startsWith(`${publicUrl}/`)) return { status: null, why: "the address is not ours" }
  const listener = deps.listenerUrl()
  try {
    const answer = await deps.http.send({
      method: "POST",
      url: listener + url.slice(publicUrl.length),
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-twilio-signature": signForm(url, params, from.authToken),
        "i-twilio-idempotency-token": from.idempotencyToken,
        "user-agent": "TwilioProxy/1.1",
      },
      body: new URLSearchParams(params).toString(),
      timeoutMs,
      alsoAllow: [new URL(listener).host],
    })
    return { status: answer.status, body: answer.body.toString("utf8") }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    return { status: null, why: error.message }
  }
}

/** A file of an outgoing message, fetched as the company fetches it; null where it cannot. */
export async function fetchOurFile(deps: WebhookDeps, url: string): Promise<{ type: string; content: Buffer } | null> {
  const publicUrl = deps.publicUrl()
  if (!url.startsWith(`${publicUrl}/`)) return null
  const listener = deps.listenerUrl()
  try {
    const answer = await deps.http.send({
      url: listener + url.slice(publicUrl.length),
      timeoutMs,
      answerBytesMax: 26_214_400,
      alsoAllow: [new URL(listener).host],
    })
    const type = answer.headers["content-type"]?.split(";")[0] ?? "application/octet-stream"
    return answer.status === 200 ? { type, content: answer.body } : null
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    return null
  }
}
