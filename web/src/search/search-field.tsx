import { Combobox, Loader, TextInput, useCombobox } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { Plural, Trans, useLingui } from "@lingui/react/macro"
import { IconSearch, IconUser } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import type { Conversation } from "../../../src/core/conversations/conversation.ts"
import type { Customer } from "../../../src/core/customers/customer.ts"
import { api, type Page, query } from "../api.ts"
import { announce } from "../field/announcer.tsx"
import { ChannelIcon } from "../field/channel-icon.tsx"
import { shownAddresses } from "../customers/address-text.ts"
import { useNowMinutes } from "../field/now.ts"
import { channelOf } from "../workspace/list/groups.ts"
import { shownName, useNames } from "../workspace/names.ts"
import classes from "./search.module.css"
import { isField } from "../workspace/shortcuts.ts"
import { shortTime } from "../workspace/short-time.ts"

const typedForMs = 200
const resultsMax = 6

type Found = { customers: Customer[]; conversations: Conversation[] }

/** Customers and conversations by name, address, telephone number in any notation, or words that were said. */
export function SearchField() {
  const { t } = useLingui()
  const navigate = useNavigate()
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState("")
  const [text] = useDebouncedValue(typed.trim(), typedForMs)
  const found = useQuery({
    queryKey: ["search", text],
    queryFn: ({ signal }) => search(text, signal),
    enabled: text.length >= 2,
    staleTime: 5_000,
  })
  const count = (found.data?.customers.length ?? 0) + (found.data?.conversations.length ?? 0)
  useEffect(() => {
    if (found.data) announce("status", count === 1 ? t`1 result` : t`${count} results`)
  }, [found.data, count, t])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k"
      if (!command && !(event.key === "/" && !isField(event.target))) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    window.addEventListener("keydown", onKey)
    return () => window.removeEventListener("keydown", onKey)
  }, [])
  const open = (value: string) => {
    const [kind, id = ""] = value.split(":")
    combobox.closeDropdown()
    setTyped("")
    input.current?.blur()
    if (kind === "customer") void navigate({ to: "/customers/$customerId", params: { customerId: id } })
    else void navigate({ to: "/work/c/$conversationId", params: { conversationId: id } })
  }
  return (
    <Combobox store={combobox} onOptionSubmit={open} withinPortal={false} width={440} position="bottom" shadow="md">
      <Combobox.Target>
        <TextInput
          ref={input}
          className={classes.field}
          variant="filled"
          size="xs"
          radius={7}
          aria-label={t`Search customers and conversations`}
          placeholder={t`Search customers and conversations`}
          leftSection={<IconSearch size={16} stroke={1.75} />}
          rightSection={
            found.isFetching ? (
              <Loader size={14} />
            ) : (
              <kbd className={classes.keys}>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K"}</kbd>
            )
          }
          rightSectionWidth={52}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            combobox.openDropdown()
            combobox.updateSelectedOptionIndex()
          }}
          onFocus={() => typed && combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return
            setTyped("")
            input.current?.blur()
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={text.length < 2 || (!found.data && !found.isError)}>
        <Combobox.Options mah={440} style={{ overflowY: "auto" }} aria-label={t`Results`}>
          {found.isError && (
            <Combobox.Empty>
              <Trans>The search did not answer. Type again to retry.</Trans>
            </Combobox.Empty>
          )}
          {found.data && count === 0 && (
            <Combobox.Empty>
              <Trans>No customer or conversation fits "{text}".</Trans>
            </Combobox.Empty>
          )}
          {found.data && found.data.customers.length > 0 && (
            <Combobox.Group label={t`Customers`}>
              {found.data.customers.map((customer) => (
                <Combobox.Option key={customer.id} value={`customer:${customer.id}`} className={classes.option}>
                  <span className={classes.face} aria-hidden>
                    <IconUser size={16} stroke={1.75} />
                  </span>
                  <span className="grow">
                    <span className="ellipsis" style={{ display: "block" }}>
                      {shownName(customer.name, shownAddresses(customer)[0] ?? t`Unknown customer`)}
                    </span>
                    <span className={`${classes.detail} ellipsis`}>{shownAddresses(customer).join(", ")}</span>
                  </span>
                </Combobox.Option>
              ))}
            </Combobox.Group>
          )}
          {found.data && found.data.conversations.length > 0 && (
            <Combobox.Group label={t`Conversations`}>
              {found.data.conversations.map((conversation) => (
                <ConversationOption key={conversation.id} conversation={conversation} />
              ))}
            </Combobox.Group>
          )}
        </Combobox.Options>
        {count > 0 && (
          <Combobox.Footer>
            <span className={classes.detail}>
              <Plural value={count} one="# result" other="# results" /> · <Trans>arrows choose, Enter opens</Trans>
            </span>
          </Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  )
}

function ConversationOption({ conversation }: { conversation: Conversation }) {
  const { t } = useLingui()
  const now = useNowMinutes()
  const names = useNames()
  return (
    <Combobox.Option value={`conversation:${conversation.id}`} className={classes.option}>
      <ChannelIcon channel={channelOf(conversation)} />
      <span className="grow">
        <span className="ellipsis" style={{ display: "block" }}>
          {shownName(conversation.customer.name, t`Unknown customer`)}{" "}
          <span className="dim">· {names.inbox(conversation.inboxId)}</span>
        </span>
        <span className={`${classes.detail} ellipsis`}>{conversation.lastItem?.preview}</span>
      </span>
      <span className={classes.detail}>{shortTime(conversation.lastItem?.at ?? conversation.createdAt, now)}</span>
    </Combobox.Option>
  )
}

async function search(text: string, signal: AbortSignal): Promise<Found> {
  const asked = query({ q: text, limit: resultsMax })
  const [customers, conversations] = await Promise.all([
    api.get<Page<Customer>>(`/customers${asked}`, signal),
    api.get<Page<Conversation>>(`/conversations${asked}`, signal),
  ])
  return { customers: customers.items, conversations: conversations.items }
}
