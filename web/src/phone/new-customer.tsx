import { ActionIcon, SegmentedControl, TextInput, Tooltip } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconArrowLeft } from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js"
import { useEffect, useRef, useState } from "react"
import type { ChannelName } from "../../../src/core/channels.ts"
import type { EntryPoint } from "../../../src/core/entry-points/entry-point.ts"
import { useMe } from "../can.ts"
import { channelLabel } from "../field/channel-icon.tsx"
import classes from "./phone.module.css"
import { PhoneComposer } from "./phone-composer.tsx"
import { phoneChannels } from "./send.ts"
import { normalAddress } from "./threads.ts"

type Props = {
  entryPoints: EntryPoint[]
  afterId: string
  taken: string[]
  onClose: () => void
  onSent: (address: string) => void
}

const names = [
  "Noor Haddad",
  "Leo Novak",
  "Amara Diallo",
  "Jin Park",
  "Sofia Rossi",
  "Emil Berg",
  "Rosa Lima",
  "Tariq Aziz",
]
const addressLabels = {
  sms: msg`Phone number of the customer`,
  email: msg`Mail address of the customer`,
  chat: msg`Visitor of the chat`,
}
/** 555-0100 to 555-0199 belong to nobody. */
const fictionalFirst = 100
const fictionalLast = 199

/** Somebody who never wrote: who he is, how he writes, and his first words. */
export function NewCustomer({ entryPoints, afterId, taken, onClose, onSent }: Props) {
  const { t } = useLingui()
  const heading = useRef<HTMLHeadingElement>(null)
  const channels = phoneChannels.filter((channel) => entryPoints.some((each) => each.channel === channel))
  const [channel, setChannel] = useState<ChannelName | undefined>(channels[0])
  const shown = channel ?? channels[0]
  const [name, setName] = useState(() => freeName(taken))
  const [typed, setTyped] = useState<string | null>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  const { country } = useMe().organization
  const address = typed ?? (shown ? freeAddress(shown, name, taken) : "")
  const sender = shown ? stored(shown, address, country) : ""
  return (
    <section className={classes.thread} aria-labelledby="phone-new">
      <header className={classes.bar}>
        <Tooltip label={t`All addresses`}>
          <ActionIcon size={36} className={classes.back} onClick={onClose} aria-label={t`All addresses`}>
            <IconArrowLeft size={18} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
        <h2 id="phone-new" className={classes.who} tabIndex={-1} ref={heading}>
          <Trans>New customer</Trans>
        </h2>
      </header>
      {shown === undefined ? (
        <p className={classes.closed}>
          <Trans>
            No entry point for mail, text messages or chat is in use.{" "}
            <Link to="/settings/channels/entry-points">Add one</Link>, then write to it here.
          </Trans>
        </p>
      ) : (
        <>
          <div className={classes.form}>
            <SegmentedControl
              aria-label={t`Channel`}
              value={shown}
              onChange={(next) => {
                setChannel(next as ChannelName)
                setTyped(null)
              }}
              data={channels.map((each) => ({ value: each, label: channelLabel(each) }))}
            />
            <TextInput
              label={t`Name`}
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label={t(shown === "sms" || shown === "email" ? addressLabels[shown] : addressLabels.chat)}
              value={address}
              maxLength={320}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </div>
          <span className="grow" />
          <PhoneComposer
            key={shown}
            entryPoints={entryPoints.filter((each) => each.channel === shown)}
            from={{ address: sender, name: name.trim() || null }}
            afterId={afterId}
            replyTo={null}
            onSent={() => onSent(sender)}
          />
        </>
      )}
    </section>
  )
}

/** As the server stores it, so that answers find this thread. */
function stored(channel: ChannelName, address: string, country: string): string {
  const phone = channel === "sms" ? parsePhoneNumberFromString(address, country as CountryCode) : undefined
  return phone?.number ?? normalAddress(address)
}

function freeName(taken: string[]): string {
  return names.find((name) => !taken.includes(freeAddress("email", name, []))) ?? names[0] ?? ""
}

function freeAddress(channel: ChannelName, name: string, taken: string[]): string {
  const slug =
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ".") || "customer"
  if (channel === "email") return `${slug}@example.com`
  if (channel === "chat") return `visitor-${slug.replaceAll(".", "-")}`
  for (let last = fictionalFirst + 42; last <= fictionalLast; last++) {
    const number = `+14155550${last}`
    if (!taken.includes(number)) return number
  }
  return "+14155550199"
}
