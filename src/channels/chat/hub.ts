/** The sockets of this process by visitor. What a socket shows is read from the database; the hub only wakes it. */
export interface VisitorSocket {
  readonly visitorId: string
  readonly orgId: string
  readonly chatAppId: string
  /** The customer and the conversation that it shows; events about them wake it. */
  readonly shows: readonly (string | null)[]
  /** Something may be new: items, the state, how far the agent has read. */
  wake(): void
  /** Its chat app or its token may have changed or ended. */
  check(): void
  /** Time has passed: hours may have begun or ended, the place in the queue moved. */
  tick(): void
  typing(agentName: string, on: boolean): void
  end(reason: GoodbyeReason): void
}

export type GoodbyeReason = "restart" | "token_invalid" | "app_disabled" | "superseded"

export class VisitorHub {
  readonly #sockets = new Map<string, Set<VisitorSocket>>()

  add(socket: VisitorSocket): void {
    const all = this.#sockets.get(socket.visitorId) ?? new Set()
    all.add(socket)
    this.#sockets.set(socket.visitorId, all)
  }

  remove(socket: VisitorSocket): void {
    const all = this.#sockets.get(socket.visitorId)
    all?.delete(socket)
    if (all?.size === 0) this.#sockets.delete(socket.visitorId)
  }

  of(visitorId: string): VisitorSocket[] {
    return [...(this.#sockets.get(visitorId) ?? [])]
  }

  wake(visitorId: string): void {
    for (const socket of this.of(visitorId)) socket.wake()
  }

  /** Something happened to these customers, conversations and chat apps. */
  wakeAbout(orgId: string, ids: ReadonlySet<string>, chatAppIds: ReadonlySet<string>): void {
    for (const socket of this.all()) {
      if (socket.orgId !== orgId) continue
      if (chatAppIds.has(socket.chatAppId)) socket.check()
      if (socket.shows.some((id) => id !== null && ids.has(id))) socket.wake()
    }
  }

  organizations(): Set<string> {
    return new Set(this.all().map((socket) => socket.orgId))
  }

  all(): VisitorSocket[] {
    return [...this.#sockets.values()].flatMap((sockets) => [...sockets])
  }
}
