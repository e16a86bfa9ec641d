import { ThemeIcon } from "@mantine/core"
import {
  type Icon,
  IconBrandInstagram,
  IconBrandMessenger,
  IconBrandWhatsapp,
  IconBrandX,
  IconDeviceMobileMessage,
  IconMail,
  IconMessageCircle,
  IconPhone,
  IconRecordMail,
  IconSitemap,
} from "@tabler/icons-react"
import { type ChannelName, channels, type Section, sectionLabel } from "../../../src/core/channels.ts"

const icons: Record<ChannelName | "ivr", Icon> = {
  voice: IconPhone,
  voicemail: IconRecordMail,
  ivr: IconSitemap,
  sms: IconDeviceMobileMessage,
  email: IconMail,
  chat: IconMessageCircle,
  whatsapp: IconBrandWhatsapp,
  facebook: IconBrandMessenger,
  instagram: IconBrandInstagram,
  twitter_dm: IconBrandX,
}

type Props = {
  channel: ChannelName | "ivr"
  size?: 20 | 28 | 36 /** Beside its own name an icon says nothing. */
  decorative?: boolean
}

/** A channel's tile: its icon and color (ui.md 2); nothing else uses those colors. */
export function ChannelIcon({ channel, size = 28, decorative = false }: Props) {
  const Glyph = icons[channel]
  const token = channel === "voicemail" ? "voice" : channel
  const name = channelLabel(channel)
  return (
    <ThemeIcon
      variant="light"
      size={size}
      radius={size === 20 ? 5 : 7}
      style={{ background: `var(--sb-${token}-tint)`, color: `var(--sb-${token})`, flex: "none" }}
      {...(decorative ? { "aria-hidden": true } : { role: "img", "aria-label": name, title: name })}
    >
      <Glyph size={size === 20 ? 13 : size === 28 ? 16 : 20} stroke={1.75} />
    </ThemeIcon>
  )
}

export function channelLabel(channel: ChannelName | "ivr"): string {
  return channel === "ivr" ? sectionLabel(channel as Section) : channels[channel].label
}

/** Within a sentence: "by email", "by SMS". */
export function channelInText(channel: ChannelName | "ivr"): string {
  const label = channelLabel(channel)
  return channel === "email" || channel === "chat" || channel === "voice" || channel === "voicemail"
    ? label.toLowerCase()
    : label
}
