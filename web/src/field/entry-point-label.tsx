import type { ChannelName } from "../../../src/core/channels.ts"
import { ChannelIcon } from "./channel-icon.tsx"
import { formatPhoneNumber } from "./phone-number.ts"

type Ref = { channel: ChannelName; kind: string; address: string; displayName?: string | null }

/** The channel's icon and the address, shortened in the middle when it is long. */
export function EntryPointLabel({ entryPoint }: { entryPoint: Ref }) {
  const full = entryPointName(entryPoint)
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 6, minWidth: 0 }} title={full}>
      <ChannelIcon channel={entryPoint.kind === "exit_node" ? "ivr" : entryPoint.channel} size={20} />
      <span className="ellipsis num">{shortened(full)}</span>
    </span>
  )
}

export function entryPointName(entryPoint: Ref): string {
  if (entryPoint.kind === "phone") return formatPhoneNumber(entryPoint.address)
  return entryPoint.kind === "exit_node" ? entryPoint.displayName || entryPoint.address : entryPoint.address
}

const labelLengthMax = 34

function shortened(text: string): string {
  if (text.length <= labelLengthMax) return text
  const tail = 14
  return `${text.slice(0, labelLengthMax - tail - 1)}…${text.slice(-tail)}`
}
