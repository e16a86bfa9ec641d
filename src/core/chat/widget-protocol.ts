import type { WidgetBootstrap } from "./chat-app.ts"

/** What a visitor's page and the server say to each other (api.md 3.2, 3.3), as types only: the widget takes no code. */

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

/** What the page of settings says to its preview of the widget, whenever something of it changes. */
export type PreviewFrame = {
  type: "switchboard:preview"
  app: WidgetBootstrap
  scene: PreviewScene
  scheme: "light" | "dark"
  /** What a visitor is seen to have written. */
  sample: string
}

/** The launcher alone, the panel as a new visitor opens it, after the first message, and out of hours. */
export type PreviewScene = "button" | "greeting" | "questions" | "closed"
