import type { Principal } from "../../identity/principal.ts"
import type { HttpServer, Upgrade } from "../server.ts"
import { Connection } from "./connection.ts"
import { closeCodes } from "./frames.ts"
import type { Hub } from "./hub.ts"

export const livePath = "/api/live"
export const liveProtocol = "switchboard.live.v1"

/**
 * The agent's socket (api.md 4). It changes nothing but presence and typing; every act goes over HTTP. Mounted by
 * `server.upgrade(livePath, liveUpgrade(hub, server.authenticateSocket))`.
 */
export function liveUpgrade(hub: Hub, authenticate: HttpServer["authenticateSocket"]): Upgrade<Principal> {
  return {
    protocol: liveProtocol,
    authenticate,
    handler(socket, principal) {
      if (!hub.admits(principal)) return socket.close(closeCodes.policy)
      hub.add(new Connection(socket, principal, hub))
    },
  }
}
