import { WebSocket } from "ws"

/**
 * Sockets of agents, each as a browser's tab; `onFrame` hears with the instant at which it came every frame in which
 * `wanted` stands. The others are not read: here all agents share the machine with the server that is measured.
 */
export class Desks {
  readonly #sockets: WebSocket[] = []
  readonly #wanted: string
  onFrame: (
    frame: { type: string; eventType?: string; data?: { conversationId?: string; key?: string } },
    at: number,
  ) => void = () => {}

  private constructor(wanted: string) {
    this.#wanted = wanted
  }

  static async ofAgents(url: string, cookies: readonly string[], wanted: string): Promise<Desks> {
    const desks = new Desks(wanted)
    for (const cookie of cookies) {
      const answer = await fetch(`${url}/api/agents/me/availability`, {
        method: "PUT",
        headers: { cookie, "content-type": "application/json" },
        body: JSON.stringify({ availableFor: ["messaging"] }),
      })
      if (!answer.ok) throw new Error(`availability answered ${answer.status} ${await answer.text()}`)
      const socket = await desks.#open(
        new WebSocket(`${url.replace("http", "ws")}/api/live`, "switchboard.live.v1", {
          headers: { cookie, origin: url },
        }),
      )
      socket.send(JSON.stringify({ type: "hello", position: null, streams: ["me"] }))
    }
    return desks
  }

  static async ofBare(port: number, count: number): Promise<Desks> {
    const desks = new Desks('"key"')
    for (let n = 0; n < count; n++) await desks.#open(new WebSocket(`ws://127.0.0.1:${port}`))
    return desks
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  #open(socket: WebSocket): Promise<WebSocket> {
    this.#sockets.push(socket)
    socket.on("message", (bytes: Buffer) => {
      const at = performance.now()
      if (bytes.includes(this.#wanted)) this.onFrame(JSON.parse(bytes.toString()), at)
    })
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(socket))
      socket.once("error", reject)
    })
  }
}
