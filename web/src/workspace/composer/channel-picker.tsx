import { Menu, UnstyledButton } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconChevronDown } from "@tabler/icons-react"
import type { ChannelName } from "../../../../src/core/channels.ts"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import { ChannelIcon, channelInText, channelLabel } from "../../field/channel-icon.tsx"
import { shownName } from "../names.ts"
import { refusalTexts } from "./refusals.ts"
import classes from "./composer.module.css"

type Props = {
  options: ReplyOption[]
  channel: ChannelName
  selected: boolean
  onSelect: () => void
  onChannel: (channel: ChannelName) => void
}

/** Every channel in use; those that cannot reach this customer stand there too and say why. */
export function ChannelPicker({ options, channel, selected, onSelect, onChannel }: Props) {
  const { t } = useLingui()
  return (
    <Menu position="top-start" width={320}>
      <Menu.Target>
        <UnstyledButton
          className={classes.tab}
          data-selected={selected || undefined}
          aria-label={t`Reply by ${channelInText(channel)}, choose another channel`}
          onClick={onSelect}
        >
          <ChannelIcon channel={channel} size={20} decorative />
          <span className={classes.wide}>
            <Trans>Reply by {channelInText(channel)}</Trans>
          </span>
          <span className={classes.narrow}>{channelLabel(channel)}</span>
          <IconChevronDown size={14} stroke={1.75} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {options.map((option) => (
          <Menu.Item
            key={option.channel}
            leftSection={<ChannelIcon channel={option.channel} size={20} decorative />}
            disabled={!option.allowed}
            onClick={() => onChannel(option.channel)}
          >
            {channelLabel(option.channel)}
            <span className={classes.reason}>
              {option.allowed ? (
                reachedAt(option)
              ) : (
                <>
                  {option.reason && t(refusalTexts[option.reason])} {option.remedy}
                </>
              )}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** A visitor of a chat has no address that a person could read: the chat that it is stands there. */
function reachedAt({ channel, to, from }: ReplyOption): string {
  const value = channel === "chat" ? from.find((each) => each.default)?.label : to.find((each) => each.default)?.value
  return shownName(value ?? null, "")
}
