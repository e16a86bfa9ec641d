import { Button, Group, Paper, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPlus, IconRefresh } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { CarrierAccount } from "../../../../src/core/carriers/carrier-account.ts"
import { api } from "../../api.ts"
import { CopyField } from "../../field/copy-field.tsx"
import { PermissionGate } from "../../field/permission-gate.tsx"
import { RelativeTime } from "../../field/relative-time.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { SettingsPage } from "../settings-page.tsx"
import { carrierAccountsQuery } from "../sms/sms.queries.ts"
import { AccountForm } from "./account-form.tsx"
import { DeleteAccount } from "./delete-account.tsx"

/** Our accounts at telephone companies: the sandbox from the start, and Twilio by SID and token. */
export function CarrierAccountPage() {
  const { t } = useLingui()
  return (
    <SettingsPage
      title={t`Carrier account`}
      lead={t`Whose telephone network carries your numbers.`}
      requiredRole={t`Administrator`}
      actions={
        <PermissionGate action="carrierAccount.edit" otherwise={null}>
          <Connect />
        </PermissionGate>
      }
    >
      <PermissionGate action="carrierAccount.edit">
        <Accounts />
      </PermissionGate>
    </SettingsPage>
  )
}

function Connect() {
  const [opened, { open, close }] = useDisclosure()
  return (
    <>
      <Button leftSection={<IconPlus size={18} stroke={1.75} />} onClick={open}>
        <Trans>Connect Twilio</Trans>
      </Button>
      <AccountForm opened={opened} onClose={close} />
    </>
  )
}

function Accounts() {
  const query = useQuery(carrierAccountsQuery)
  return (
    <ResourceState query={query}>
      {(accounts) => (
        <Stack gap="md" maw={720}>
          {accounts.map((account) => (
            <AccountCard key={account.id} account={account} />
          ))}
        </Stack>
      )}
    </ResourceState>
  )
}

function AccountCard({ account }: { account: CarrierAccount }) {
  const { t } = useLingui()
  const [opened, { open, close }] = useDisclosure()
  return (
    <Paper component="section" withBorder p="md" aria-label={account.name}>
      <Group justify="space-between" mb="xs">
        <Group gap="sm">
          <Text fw={600} component="h2" size="md" m={0}>
            {account.name}
          </Text>
          <AccountStatus account={account} />
        </Group>
        {account.checkedAt && (
          <Text size="xs" c="dimmed">
            <Trans>
              Checked <RelativeTime at={account.checkedAt} />
            </Trans>
          </Text>
        )}
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {account.carrier === "sandbox" ? (
          <Trans>
            A pretended company inside this server: take its numbers, and play the customer on the test phone.
          </Trans>
        ) : (
          <Trans>Twilio, account {account.accountSid}. The token is kept encrypted and never shown.</Trans>
        )}
      </Text>
      {account.carrier === "twilio" && (
        <Stack gap={2} mb="sm">
          <Text size="xs" c="dimmed">
            <Trans>We set this address on each number that you take:</Trans>
          </Text>
          <CopyField value={account.hookUrls.messages} label={t`webhook address`} mono />
        </Stack>
      )}
      {account.carrier === "twilio" && (
        <Group gap="sm">
          <Check account={account} />
          <Button variant="default" size="xs" onClick={open}>
            <Trans>Edit account</Trans>
          </Button>
          <DeleteAccount account={account} />
        </Group>
      )}
      <AccountForm opened={opened} onClose={close} account={account} />
    </Paper>
  )
}

function AccountStatus({ account }: { account: CarrierAccount }) {
  if (account.status === "active")
    return (
      <StatusChip status="ok">
        <Trans>Active</Trans>
      </StatusChip>
    )
  if (account.status === "refused")
    return (
      <StatusChip status="overdue">
        <Trans>SID or token refused</Trans>
      </StatusChip>
    )
  return (
    <StatusChip status="overdue">
      <Trans>Does not answer</Trans>
    </StatusChip>
  )
}

/** Writing the SID that is there makes the server ask the company again whether it lets us in. */
function Check({ account }: { account: CarrierAccount }) {
  const client = useQueryClient()
  const check = useMutation({
    mutationFn: () =>
      api.patch<CarrierAccount>(`/carrier-accounts/${account.id}`, { accountSid: account.accountSid }, account.version),
    onError: toastProblem,
    onSettled: () => void client.invalidateQueries({ queryKey: ["carrier-accounts"] }),
  })
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconRefresh size={16} stroke={1.75} />}
        onClick={() => check.mutate()}
        loading={check.isPending}
      >
        <Trans>Check now</Trans>
      </Button>
      {check.data?.status === "active" && (
        <Text size="sm" role="status">
          <Trans>It answers.</Trans>
        </Text>
      )}
    </>
  )
}
