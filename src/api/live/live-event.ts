type EventFields = {
  position: number
  id: string
  type: string
  at: Date
  actor: unknown
  requestId: string | null
  data: Record<string, unknown>
  /** Both as JSON text, where somebody has made it already. */
  json?: { data: string; actor: string }
  /** Where its conversation is now; of an event of a customer, where any of the customer's conversations are. */
  inboxIds: readonly string[]
  agentIds: readonly string[]
  /** Rows of the queue changed: what waits has to be counted again. */
  touched: boolean
}

/** An event with what is needed to decide who may be told, and the frame that says it, made once for all sockets. */
export class LiveEvent {
  readonly #fields: EventFields
  #frame: string | undefined

  constructor(fields: EventFields) {
    this.#fields = fields
  }

  get position(): number {
    return this.#fields.position
  }

  get type(): string {
    return this.#fields.type
  }

  get data(): Record<string, unknown> {
    return this.#fields.data
  }

  get actor(): unknown {
    return this.#fields.actor
  }

  get inboxIds(): readonly string[] {
    return this.#fields.inboxIds
  }

  get agentIds(): readonly string[] {
    return this.#fields.agentIds
  }

  get touched(): boolean {
    return this.#fields.touched
  }

  get frame(): string {
    this.#frame ??= frameOf(this.#fields)
    return this.#frame
  }
}

function frameOf({ position, id, type: eventType, at, data, actor, requestId, json }: EventFields): string {
  const head = { type: "event", position, id, eventType, at, requestId }
  if (!json) return JSON.stringify({ ...head, data, actor })
  return `${JSON.stringify(head).slice(0, -1)},"data":${json.data},"actor":${json.actor}}`
}
