import type { Metrics } from "../metrics.ts"
import type { InboundEvent, Intake } from "./inbound-event.ts"

/** Intake that tells the operator what came in and what became of it. */
export function countArrivals(metrics: Metrics, intake: Intake): Intake {
  const arrived = metrics.counter(
    "inbound_events_total",
    "What customers sent, and what became of it: taken, duplicate, parked, or refused (it is sent again)",
    ["channel", "outcome"],
  )
  const count = ({ channel }: InboundEvent, outcome: string) => arrived.add({ channel, outcome })
  return {
    accept(event) {
      try {
        const receipt = intake.accept(event)
        receipt.then(
          ({ parked, duplicate }) => count(event, parked ? "parked" : duplicate ? "duplicate" : "taken"),
          () => count(event, "refused"),
        )
        return receipt
      } catch (error) {
        count(event, "refused")
        throw error
      }
    },
  }
}
