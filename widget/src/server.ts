import type { WidgetBootstrap } from "../../src/core/chat/chat-app.ts"

export type Identity = {
  externalId: string
  email?: string
  name?: string
  phone?: string
  issuedAt: string
  signature: string
}

/** What the widget asks of Switchboard over HTTP (api.md 3.2). */
export class Server {
  readonly #base: string

  constructor(base: string, appId: string) {
    this.#base = `${base}/widget/apps/${encodeURIComponent(appId)}`
  }

  logoUrl(logoId: string): string {
    return `${this.#base}/logos/${logoId}`
  }

  async bootstrap(): Promise<WidgetBootstrap> {
    const answer = await fetch(this.#base, { credentials: "omit" })
    if (!answer.ok) throw new Error(`chat app: ${answer.status}`)
    return (await answer.json()) as WidgetBootstrap
  }

  async newVisitor(identity: Identity | null): Promise<string> {
    const answer = await fetch(`${this.#base}/visitors`, {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(identity ? { identity } : {}),
    })
    // What does not prove itself is a stranger like any other.
    if (answer.status === 422 && identity) return this.newVisitor(null)
    if (!answer.ok) throw new Error(`visitor: ${answer.status}`)
    return ((await answer.json()) as { visitorToken: string }).visitorToken
  }

  /** Answers the id by which a message names it. */
  async upload(token: string, file: File): Promise<string> {
    const form = new FormData()
    form.append("file", file)
    const answer = await fetch(`${this.#base}/attachments`, {
      method: "POST",
      credentials: "omit",
      headers: { authorization: `Bearer ${token}` },
      body: form,
    })
    if (!answer.ok) throw new Error(`upload: ${answer.status}`)
    return ((await answer.json()) as { attachmentId: string }).attachmentId
  }

  async endVisitor(token: string): Promise<void> {
    await fetch(`${this.#base}/visitors/me`, {
      method: "DELETE",
      credentials: "omit",
      headers: { authorization: `Bearer ${token}` },
    })
  }
}
