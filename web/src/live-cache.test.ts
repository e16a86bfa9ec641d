import { QueryClient } from "@tanstack/react-query"
import { expect, test, vi } from "vitest"
import { feedCache } from "./live-cache.ts"
import { type LiveFrame, live } from "./live.ts"

test("who comes back after a lost line reads the own status again when the socket is in: no event tells of it", () => {
  const listeners = new Map<string, (frame: LiveFrame) => void>()
  vi.spyOn(live, "on").mockImplementation((type, listener) => {
    listeners.set(type, listener)
    return () => listeners.delete(type)
  })
  const client = new QueryClient()
  client.setQueryData(["agents", "me"], { status: "away" })
  const stop = feedCache(client)
  listeners.get("welcome")?.({ type: "welcome" })
  expect(client.getQueryState(["agents", "me"])?.isInvalidated).toBe(true)
  stop()
  expect(listeners.size).toBe(0)
})
