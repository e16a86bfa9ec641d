import { t } from "@lingui/core/macro"
import { notifications } from "@mantine/notifications"
import type { ReactNode } from "react"
import { ApiProblem } from "../api.ts"

/** Success stays 4 s. Never the only place where a result is seen. */
export function toast(message: ReactNode) {
  notifications.show({
    message,
    autoClose: 4000,
    closeButtonProps: { "aria-label": t`Close` },
    color: "accent",
    role: "status",
  })
}

/** A failure stays until it is closed: what happened, what to do, the code in small print. */
export function toastProblem(error: unknown) {
  const problem = error instanceof ApiProblem ? error : null
  const text = error instanceof Error ? error.message : String(error)
  notifications.show({
    message: (
      <>
        {problem?.errors[0]?.detail ?? text}
        {problem && (
          <div className="dim" style={{ fontSize: 12 }}>
            {problem.code}
          </div>
        )}
      </>
    ),
    autoClose: false,
    closeButtonProps: { "aria-label": t`Close` },
    color: "red",
    role: "alert",
  })
}
