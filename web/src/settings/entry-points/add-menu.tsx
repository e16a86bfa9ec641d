import { Button, Menu } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { IconChevronDown, IconPlus } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import type { Section } from "../../../../src/core/channels.ts"
import { ChannelIcon } from "../../field/channel-icon.tsx"

/** Where an entry point of a section is added; only what is built (S26, S28, S29). */
export const addPaths: Partial<
  Record<Section, "/settings/channels/email" | "/settings/channels/sms" | "/settings/channels/chat-apps">
> = {
  email: "/settings/channels/email",
  sms: "/settings/channels/sms",
  chat: "/settings/channels/chat-apps",
}

export function AddMenu() {
  return (
    <Menu position="bottom-end" width={220} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconPlus size={18} stroke={1.75} />}
          rightSection={<IconChevronDown size={16} stroke={1.75} />}
        >
          <Trans>Add entry point</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          renderRoot={(props) => <Link {...props} to="/settings/channels/email" search={{ add: true }} />}
          leftSection={<ChannelIcon channel="email" size={20} decorative />}
        >
          <Trans>Email address</Trans>
        </Menu.Item>
        <Menu.Item
          renderRoot={(props) => <Link {...props} to="/settings/channels/sms" search={{ add: true }} />}
          leftSection={<ChannelIcon channel="sms" size={20} decorative />}
        >
          <Trans>SMS number</Trans>
        </Menu.Item>
        <Menu.Item
          renderRoot={(props) => <Link {...props} to="/settings/channels/chat-apps" search={{ add: true }} />}
          leftSection={<ChannelIcon channel="chat" size={20} decorative />}
        >
          <Trans>Chat app</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
