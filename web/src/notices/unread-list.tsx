import { NavLink, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { Link } from "@tanstack/react-router"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { RelativeTime } from "../field/relative-time.tsx"
import { channelOf } from "../workspace/list/groups.ts"
import { shownName } from "../workspace/names.ts"
import { focusOffer } from "../workspace/offers/offer-focus.ts"
import { useUnread } from "./unread.ts"

/** Under the bell: offers, and conversations of mine in which something is unread. */
export function UnreadList({ onOpen }: { onOpen: () => void }) {
  const { t } = useLingui()
  const { conversations, offers } = useUnread()
  if (conversations.length + offers.length === 0) return null
  return (
    <>
      <Text size="xs" c="dimmed" px="sm" py={4}>
        <Trans>Unread</Trans>
      </Text>
      {offers.map((offer) => (
        <NavLink
          key={offer.id}
          component="button"
          onClick={() => {
            onOpen()
            // The bell takes the focus back first.
            setTimeout(focusOffer, 50)
          }}
          leftSection={<ChannelIcon channel={offer.channel} />}
          label={<b>{shownName(offer.customer.name, t`Unknown customer`)}</b>}
          description={<Trans>Offered to you, F8 accepts</Trans>}
          style={{ borderRadius: 6 }}
        />
      ))}
      {conversations.map((conversation) => (
        <NavLink
          key={conversation.id}
          component={Link}
          to={`/work/c/${conversation.id}`}
          onClick={onOpen}
          leftSection={<ChannelIcon channel={channelOf(conversation)} />}
          label={<b>{shownName(conversation.customer.name, t`Unknown customer`)}</b>}
          description={
            <>
              <span className="ellipsis" dir="auto" style={{ display: "block" }}>
                {conversation.lastItem?.preview}
              </span>
              <RelativeTime at={conversation.lastItem?.at ?? conversation.updatedAt} />
            </>
          }
          style={{ borderRadius: 6 }}
        />
      ))}
    </>
  )
}
