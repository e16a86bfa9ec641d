/** The sockets of this process by visitor. What a socket shows is read from the database; the hub only wakes it. */
export interface VisitorSocket {
  readonly visitorId: string
  readonly orgId: string
  /** Something may be new: items, the state, how far the agent has read. */
  wake(): void
  typing(agentName: string, on: boolean): void
  end(reason: "restart" | "token_invalid" | "app_disabled" | "superseded"): void
}

export class VisitorHub {
  readonly #sockets = new Map<string, Set<VisitorSocket>>()

  add(socket: VisitorSocket): number {
    const all = this.#sockets.get(socket.visitorId) ?? new Set()
    all.add(socket)
    this.#sockets.set(socket.visitorId, all)
    return all.size
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

  /** The events of an organization have grown: its visitors look again. */
  wakeOrganization(orgId: string): void {
    for (const sockets of this.#sockets.values()) {
      for (const socket of sockets) if (socket.orgId === orgId) socket.wake()
    }
  }

  get size(): number {
    return this.#sockets.size
  }

  all(): VisitorSocket[] {
    return [...this.#sockets.values()].flatMap((sockets) => [...sockets])
  }
}
