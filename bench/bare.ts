// The floor under "from a customer to an agent's screen": one row, one commit, one frame, and nothing else. A process of
// its own, as the server is: PORT, DATABASE_URL.
import { createServer } from "node:http"
import Fastify from "fastify"
import pg from "pg"
import { type WebSocket, WebSocketServer } from "ws"

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 })
const app = Fastify({ serverFactory: (handler) => createServer(handler) })
const sockets = new WebSocketServer({ noServer: true })
const agents = new Set<WebSocket>()
app.server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (agent) => {
    agents.add(agent)
    agent.on("close", () => agents.delete(agent))
  })
})
app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body))
let turn = 0
app.post("/texts", async (request) => {
  const body = new URLSearchParams(String(request.body))
  const key = body.get("key") ?? ""
  await pool.query({
    name: "bare",
    text: "INSERT INTO bench_rows (key, body) VALUES ($1, $2)",
    values: [key, body.get("text")],
  })
  const all = [...agents]
  all[turn++ % Math.max(1, all.length)]?.send(JSON.stringify({ type: "event", data: { key } }))
  return ""
})
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" })
console.log("ready")
process.on("disconnect", () => process.exit(0))
