import type { ChatAppSettings } from "./chat-app.ts"

/** What a visitor's page and the server say to each other (api.md 3.2, 3.3), as types only: the widget takes no code. */

export type WidgetBootstrap = Pick<
  ChatAppSettings,
  "appearance" | "greeting" | "questions" | "quickActions" | "display"
> & {
  appId: string
  company: string
  open: boolean
  /** Sanitized. */
  closedText: string
  accepting: boolean
  estimatedWaitSeconds: number | null
  nextChangeAt: string | null
  timeZone: string | null
  socketUrl: string
  protocol: 1
}

export type WidgetState = {
  status: "idle" | "waiting" | "connected" | "ended"
  open: boolean
  estimatedWaitSeconds: number | null
  queuePosition: number | null
  agent: { name: string } | null
  /** False while it waits and nobody is there to take it. */
  served: boolean
}

export type WidgetItem = {
  seq: number
  id: string
  from: "visitor" | "agent" | "system"
  agentName: string | null
  text: string
  attachments: { name: string; type: string; url: string }[]
  at: string
  clientId?: string
}

export type ServerFrame =
  | ({ type: "welcome"; seq: number; resumed: boolean; more: boolean; now: string } & WidgetState)
  | { type: "accepted"; clientId: string; seq: number; id: string; at: string }
  | {
      type: "refused"
      clientId: string
      code: "closed" | "not_accepting" | "too_large" | "rate_limited" | "attachment_missing"
      detail: string
      retryAfterSeconds?: number
    }
  | ({ type: "message" } & WidgetItem)
  | ({ type: "state" } & WidgetState)
  | { type: "typing"; on: boolean; agentName: string }
  | { type: "read"; seq: number; at: string }
  | { type: "goodbye"; reason: "restart" | "token_invalid" | "app_disabled" | "superseded"; reconnectAfterMs: number }
