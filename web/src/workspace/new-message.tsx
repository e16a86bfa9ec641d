import { ActionIcon, Autocomplete, SegmentedControl, Stack, Tooltip } from "@mantine/core"
import { useDebouncedValue, useDisclosure, useLocalStorage } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPencilPlus } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Conversation } from "../../../src/core/conversations/conversation.ts"
import type { Customer } from "../../../src/core/customers/customer.ts"
import { ApiProblem, api, type Page, query } from "../api.ts"
import { useMe } from "../can.ts"
import { Dialog, DialogButtons } from "../field/dialog.tsx"
import { Form, Refusal } from "../field/form.tsx"
import { InboxSelect } from "../field/inbox-select.tsx"
import { inboxesQuery } from "../settings/inboxes/inboxes.queries.ts"
import { beginOn } from "./composer/hand-over.ts"

/** Writing first, by mail or SMS: the customer, the Inbox; the From stands in the composer that opens. */
export function NewMessageButton() {
  const { t } = useLingui()
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Tooltip label={t`New message`}>
        <ActionIcon size={32} onClick={open} aria-label={t`New message`}>
          <IconPencilPlus size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Dialog opened={opened} onClose={close} title={t`New message`}>
        {opened && <NewMessageForm onDone={close} />}
      </Dialog>
    </>
  )
}

type Way = "email" | "sms"

function NewMessageForm({ onDone }: { onDone: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [way, setWay] = useState<Way>("email")
  const [to, setTo] = useState("")
  const [inboxId, setInboxId] = useUsualInbox()
  const [text] = useDebouncedValue(to.trim(), 200)
  const kind = way === "email" ? "email" : "phone"
  const known = useQuery({
    queryKey: ["search", "to", text],
    queryFn: ({ signal }) => api.get<Page<Customer>>(`/customers${query({ q: text, limit: 8 })}`, signal),
    enabled: text.length >= 2,
  }).data?.items
  const suggestions = [
    ...new Set(
      (known ?? []).flatMap((customer) =>
        customer.addresses.filter((address) => address.kind === kind).map(({ value }) => value),
      ),
    ),
  ]
  const start = useMutation({
    mutationFn: async () => {
      const customerId = await customerAt(kind, to.trim())
      try {
        return (await api.post<Conversation>("/conversations", { customerId, inboxId, start: "new" })).id
      } catch (error) {
        if (
          error instanceof ApiProblem &&
          error.code === "conversation_active" &&
          typeof error.body.conversationId === "string"
        )
          return error.body.conversationId
        throw error
      }
    },
    onSuccess: async (conversationId) => {
      void client.invalidateQueries({ queryKey: ["conversations"] })
      beginOn(conversationId, way)
      onDone()
      await navigate({ to: "/work/c/$conversationId", params: { conversationId } })
    },
  })
  const problem = start.error instanceof ApiProblem ? start.error : null
  const toError = problem?.at("/addresses/0/value")
  const inboxError = problem?.at("/inboxId")
  return (
    <Form onSubmit={() => start.mutate()}>
      <Stack gap="md">
        {start.error && !toError && !inboxError && <Refusal>{start.error.message}</Refusal>}
        <SegmentedControl
          aria-label={t`Channel`}
          value={way}
          onChange={(value) => setWay(value as Way)}
          data={[
            { value: "email", label: t`Email` },
            { value: "sms", label: t`SMS` },
          ]}
        />
        <Autocomplete
          label={t`To`}
          description={
            way === "email"
              ? t`A mail address; known customers are found by name too.`
              : t`A telephone number; known customers are found by name too.`
          }
          data={suggestions}
          filter={({ options }) => options}
          value={to}
          onChange={setTo}
          error={toError}
          data-autofocus
        />
        <InboxSelect
          label={t`Inbox`}
          description={t`It decides who sees it and from which address it goes.`}
          value={inboxId}
          onChange={setInboxId}
          error={inboxError}
        />
        <DialogButtons pending={start.isPending} disabled={to.trim() === "" || !inboxId}>
          <Trans>Write</Trans>
        </DialogButtons>
      </Stack>
    </Form>
  )
}

/** Asked once: the one that was chosen last, or the only one there is. */
function useUsualInbox() {
  const me = useMe()
  const inboxes = (useQuery(inboxesQuery).data ?? []).filter((inbox) => !inbox.deactivation)
  const [chosen, setChosen] = useLocalStorage<string | null>({
    key: `switchboard:writing-inbox:${me.user.id}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  })
  const usual = inboxes.find(({ id }) => id === chosen) ?? (inboxes.length === 1 ? inboxes[0] : undefined)
  return [usual?.id ?? null, setChosen] as const
}

/** Whoever has the address, else somebody new. */
async function customerAt(kind: "email" | "phone", value: string): Promise<string> {
  const { items } = await api.get<Page<Customer>>(`/customers${query({ address: value, limit: 1 })}`)
  if (items[0]) return items[0].id
  try {
    return (await api.post<Customer>("/customers", { name: null, addresses: [{ kind, value }] })).id
  } catch (error) {
    if (error instanceof ApiProblem && error.code === "address_taken" && typeof error.body.customerId === "string")
      return error.body.customerId
    throw error
  }
}
