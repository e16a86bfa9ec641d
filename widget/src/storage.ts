/** What a browser keeps between page loads. A page whose storage is shut off keeps it while it is open. */

export type Draft = {
  clientId: string
  text: string
  attachmentIds: string[]
  /** Names of the files, to show. */
  files: string[]
  at: string
  /** `held`: waits for the answers to required questions. */
  status: "sending" | "sent" | "failed" | "held"
  detail?: string
}

export type Kept = {
  visitorToken: string | null
  /** Whom the site has proved, so that another sign-in begins anew. */
  externalId: string | null
  readSeq: number
  outbox: Draft[]
  /** Questions were answered or skipped. */
  asked: boolean
  email: string
  /** Something was written before: connect at once, there may be an answer. */
  begun: boolean
  open: boolean
}

const empty: Kept = {
  visitorToken: null,
  externalId: null,
  readSeq: 0,
  outbox: [],
  asked: false,
  email: "",
  begun: false,
  open: false,
}

export class Storage {
  readonly #key: string
  readonly #isKept: boolean
  value: Kept

  constructor(appId: string, isKept = true) {
    this.#key = `switchboard.${appId}`
    this.#isKept = isKept
    this.value = { ...empty, ...(isKept && read(this.#key)) }
    for (const draft of this.value.outbox) if (draft.status === "sent") draft.status = "sending"
  }

  change(change: Partial<Kept>): void {
    this.value = { ...this.value, ...change }
    if (!this.#isKept) return
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.value))
    } catch {
      // full or forbidden: it lives as long as the page
    }
  }

  /** The token is dead: whoever comes next is somebody else; what was not sent yet is kept. */
  forget(): void {
    this.change({ ...empty, outbox: this.value.outbox, open: this.value.open })
  }
}

function read(key: string): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Kept>
  } catch {
    return {}
  }
}
