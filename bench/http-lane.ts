import { connect, type Socket } from "node:net"

/** One kept-alive connection that posts prepared requests, one at a time, and costs the machine little itself. */
export class HttpLane {
  readonly #socket: Socket
  #buffer = ""
  #settle: { resolve(status: number): void; reject(error: Error): void } | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding("latin1")
    socket.on("data", (chunk: string) => this.#receive(chunk))
    socket.on("error", (error) => this.#settle?.reject(error))
    socket.on("close", () => this.#settle?.reject(new Error("the server closed the connection")))
  }

  static open(port: number): Promise<HttpLane> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => resolve(new HttpLane(socket)))
      socket.once("error", reject)
    })
  }

  /** The whole request as bytes; answers the status. */
  post(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#settle = null
    this.#socket.destroy()
  }

  #receive(chunk: string): void {
    this.#buffer += chunk
    const headEnd = this.#buffer.indexOf("\r\n\r\n")
    if (headEnd < 0) return
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#buffer.slice(0, headEnd))?.[1]
    if (this.#buffer.length < headEnd + 4 + Number(length ?? 0)) return
    const status = Number(this.#buffer.slice(9, 12))
    this.#buffer = ""
    const settle = this.#settle
    this.#settle = null
    settle?.resolve(status)
  }
}

/** A request line, headers and body as they go over the wire. */
export function formPost(path: string, body: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join("")}\r\n${body}`
}
