import { ActionIcon, Button, CopyButton, Group, Select, Stack, TextInput, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  IconBrandInstagram,
  IconCheck,
  IconCopy,
  type Icon,
  IconId,
  IconMail,
  IconMessageCircle,
  IconMessageCircleOff,
  IconPhone,
  IconPlus,
  IconWorld,
} from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useId, useState } from "react"
import type { AddressKind, Customer, CustomerAddress } from "../../../../src/core/customers/customer.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { announce } from "../../field/announcer.tsx"
import { formatPhoneNumber } from "../../field/phone-number.ts"
import { StatusChip } from "../../field/status-chip.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { workKeys } from "../work.queries.ts"
import classes from "./customer.module.css"

const icons: Record<AddressKind, Icon> = {
  phone: IconPhone,
  email: IconMail,
  visitor: IconMessageCircle,
  external: IconId,
  instagram: IconBrandInstagram,
  facebook: IconWorld,
  whatsapp: IconWorld,
  twitter_dm: IconWorld,
}

/** Where the customer is reached, which of it is proved, and what he does not want. */
export function Addresses({ customer }: { customer: Customer }) {
  const { t } = useLingui()
  const can = useCan()
  const [adding, setAdding] = useState(false)
  const [isBack, setBack] = useState(false)
  const leave = () => {
    setAdding(false)
    setBack(true)
  }
  const shown = customer.addresses.filter(({ kind }) => kind !== "external")
  return (
    <>
      <ul className={classes.addresses}>
        {shown.map((address) => (
          <Address
            key={address.id}
            address={address}
            optedOut={customer.optOuts.some((each) => each.customerAddress === address.value)}
          />
        ))}
      </ul>
      {can("customer.edit") &&
        (adding ? (
          <AddAddress customerId={customer.id} onDone={leave} />
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} stroke={1.75} />}
            className={classes.add}
            onClick={() => setAdding(true)}
            aria-label={t`Add an address`}
            autoFocus={isBack}
          >
            <Trans>Add an address</Trans>
          </Button>
        ))}
    </>
  )
}

function Address({ address, optedOut }: { address: CustomerAddress; optedOut: boolean }) {
  const { t } = useLingui()
  const Glyph = icons[address.kind]
  const text =
    address.kind === "phone"
      ? formatPhoneNumber(address.value)
      : address.kind === "visitor"
        ? t`Visitor of the chat`
        : address.value
  return (
    <>
      <li className={classes.address}>
        <Glyph size={16} stroke={1.75} aria-hidden />
        <span className="ellipsis num" title={address.value}>
          {text}
        </span>
        {address.kind !== "visitor" && (
          <CopyButton value={address.value}>
            {({ copied, copy }) => (
              <ActionIcon
                size={24}
                className={classes.copy}
                aria-label={t`Copy ${address.value}`}
                onClick={() => {
                  copy()
                  announce("status", t`Copied`)
                }}
              >
                {copied ? <IconCheck size={14} /> : <IconCopy size={14} stroke={1.75} />}
              </ActionIcon>
            )}
          </CopyButton>
        )}
        <span className="grow" />
        {address.proved ? (
          <Tooltip
            label={address.verifiedBy === "agent" ? t`A colleague entered it` : t`The customer has written from it`}
          >
            <span className={classes.verified}>
              <StatusChip status="ok">
                <Trans>Verified</Trans>
              </StatusChip>
            </span>
          </Tooltip>
        ) : (
          <Tooltip label={t`The customer says so; nothing proves it. It never leads to another person's history.`}>
            <span>
              <StatusChip status="off">
                <Trans>Unverified</Trans>
              </StatusChip>
            </span>
          </Tooltip>
        )}
      </li>
      {optedOut && (
        <li className={classes.address}>
          <IconMessageCircleOff size={16} stroke={1.75} aria-hidden />
          <span className="dim">
            <Trans>Texts blocked, STOP was sent</Trans>
          </span>
          <span className="grow" />
          <StatusChip status="off">
            <Trans>Opted out</Trans>
          </StatusChip>
        </li>
      )}
    </>
  )
}

function AddAddress({ customerId, onDone }: { customerId: string; onDone: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [kind, setKind] = useState<"email" | "phone">("email")
  const [value, setValue] = useState("")
  const errorId = useId()
  const add = useMutation({
    mutationFn: () => api.post<CustomerAddress>(`/customers/${customerId}/addresses`, { kind, value }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: workKeys.customer(customerId) })
      void client.invalidateQueries({ queryKey: ["conversations"] })
      announce("status", t`Address added`)
      onDone()
    },
    onError: (error) => {
      if (!(error instanceof ApiProblem)) toastProblem(error)
    },
  })
  const error =
    add.error instanceof ApiProblem
      ? add.error.code === "address_taken"
        ? t`Another customer has this address.`
        : (add.error.at("/value") ?? add.error.message)
      : undefined
  return (
    <form
      noValidate
      className={classes.addForm}
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate()
      }}
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && onDone()}
    >
      <Stack gap="xs">
        <Group gap="xs" wrap="nowrap" align="flex-end">
          <Select
            size="xs"
            w={96}
            label={t`Kind`}
            allowDeselect={false}
            value={kind}
            onChange={(next) => setKind(next === "phone" ? "phone" : "email")}
            data={[
              { value: "email", label: t`Email` },
              { value: "phone", label: t`Phone` },
            ]}
          />
          <TextInput
            size="xs"
            className="grow"
            label={t`Address`}
            type={kind === "email" ? "email" : "tel"}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
            autoFocus
            error={Boolean(error)}
            aria-describedby={error ? errorId : undefined}
          />
        </Group>
        {error && (
          <span id={errorId} className={classes.error} role="alert">
            {error}
          </span>
        )}
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="light"
            type="submit"
            loading={add.isPending}
            disabled={value.trim() === ""}
          >
            <Trans>Add</Trans>
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={onDone}>
            <Trans>Cancel</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
