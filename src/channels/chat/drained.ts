import { setTimeout as sleep } from "node:timers/promises"
import type { WebSocket } from "ws"

const unsentBytesMax = 1_048_576
const lookMs = 50

/**
 * Waits while more lies unsent than a page takes that is on the line: whoever asks for all that was ever said and reads
 * nothing of it would have it lie in our memory. Ends with the socket, which silence closes.
 */
export async function drained(socket: Pick<WebSocket, "bufferedAmount" | "readyState" | "OPEN">): Promise<void> {
  while (socket.readyState === socket.OPEN && socket.bufferedAmount > unsentBytesMax) await sleep(lookMs)
}
