import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import {
  type Icon,
  IconAdjustmentsHorizontal,
  IconDeviceMobileMessage,
  IconDoorEnter,
  IconInbox,
  IconMail,
  IconMailPause,
  IconMessageCircle,
  IconRoute,
  IconServer,
  IconShieldCheck,
  IconUsers,
} from "@tabler/icons-react"

type Path =
  | "/settings/channels/entry-points"
  | "/settings/channels/email"
  | "/settings/channels/sms"
  | "/settings/channels/chat-apps"
  | "/settings/channels/carrier-account"
  | "/settings/channels/parked"
  | "/settings/orchestration/inboxes"
  | "/settings/orchestration/workflow"
  | "/settings/people/users"
  | "/settings/people/roles"

/** A page of Settings; `action` is what its first request asks for, so who lacks it does not see the entry (S51). */
export type SettingsPage = {
  to: Path
  search?: { view: "table" }
  label: MessageDescriptor
  icon: Icon
  action: string
  words?: string
}
export type SettingsCategory = { label: MessageDescriptor; pages: SettingsPage[] }

/** The left navigation of Settings by category (S63), only what is built. */
export const categories: SettingsCategory[] = [
  {
    label: msg`Channels`,
    pages: [
      {
        to: "/settings/channels/entry-points",
        label: msg`Entry Points`,
        icon: IconDoorEnter,
        action: "entryPoint.read",
        words: "routing exceptions sla default inbox",
      },
      {
        to: "/settings/channels/email",
        label: msg`Email addresses`,
        icon: IconMail,
        action: "mailbox.read",
        words: "mailbox forwarding",
      },
      {
        to: "/settings/channels/sms",
        label: msg`SMS`,
        icon: IconDeviceMobileMessage,
        action: "phoneNumber.read",
        words: "numbers text mms",
      },
      {
        to: "/settings/channels/chat-apps",
        label: msg`Chat apps`,
        icon: IconMessageCircle,
        action: "entryPoint.read",
        words: "widget snippet",
      },
      {
        to: "/settings/channels/carrier-account",
        label: msg`Carrier account`,
        icon: IconServer,
        action: "carrierAccount.edit",
        words: "twilio sandbox sid token",
      },
      {
        to: "/settings/channels/parked",
        label: msg`Parked messages`,
        icon: IconMailPause,
        action: "inboundEvent.read",
        words: "failed replay events processed",
      },
    ],
  },
  {
    label: msg`Orchestration`,
    pages: [
      // The same page by its table: two entries of one name would leave in doubt which is meant.
      {
        to: "/settings/channels/entry-points",
        search: { view: "table" },
        label: msg`Routing overview`,
        icon: IconRoute,
        action: "entryPoint.read",
        words: "entry points routing table csv",
      },
      {
        to: "/settings/orchestration/inboxes",
        label: msg`Inboxes`,
        icon: IconInbox,
        action: "inbox.read",
        words: "queue agents members",
      },
      {
        to: "/settings/orchestration/workflow",
        label: msg`Conversation workflow`,
        icon: IconAdjustmentsHorizontal,
        action: "workflow.read",
        words: "capacity offers reopen autoreply",
      },
    ],
  },
  {
    label: msg`People`,
    pages: [
      {
        to: "/settings/people/users",
        label: msg`Users`,
        icon: IconUsers,
        action: "user.edit",
        words: "invite agents roles",
      },
      {
        to: "/settings/people/roles",
        label: msg`Roles and permissions`,
        icon: IconShieldCheck,
        action: "permission.read",
        words: "matrix",
      },
    ],
  },
]
