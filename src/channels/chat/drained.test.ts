import { expect, test } from "vitest"
import type { WebSocket } from "ws"
import { drained } from "./drained.ts"

test("reliability 55 who reads nothing is sent no more than what lies unsent already; who reads or goes ends the wait", async () => {
  const socket: { -readonly [name in "readyState" | "OPEN" | "bufferedAmount"]: WebSocket[name] } = {
    readyState: 1,
    OPEN: 1,
    bufferedAmount: 2_000_000,
  }
  let done = false
  const waiting = drained(socket).then(() => {
    done = true
  })
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(done).toBe(false)
  socket.bufferedAmount = 1_000
  await waiting
  socket.bufferedAmount = 2_000_000
  const again = drained(socket)
  Object.assign(socket, { readyState: 3 })
  await again
})
