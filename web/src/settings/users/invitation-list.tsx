import { Button, Group, Modal, Title } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { roleLabels } from "../../../../src/core/permissions.ts"
import { api } from "../../api.ts"
import { DataTable } from "../../field/data-table.tsx"
import { useNowMinutes } from "../../field/now.ts"
import { relativeTime } from "../../field/relative-time.tsx"
import { StatusChip } from "../../field/status-chip.tsx"
import { toastProblem } from "../../field/toast.tsx"
import { Removal } from "../removal.tsx"
import { Invited } from "./invite-people.tsx"
import { type Invitation, invitationsQuery } from "./users.queries.ts"

/** Who was invited and has not come yet. */
export function InvitationList() {
  const { t } = useLingui()
  const client = useQueryClient()
  const invitations = useQuery(invitationsQuery).data ?? []
  const [renewed, setRenewed] = useState<Invitation | null>(null)
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ["invitations"] })
    void client.invalidateQueries({ queryKey: ["users"] })
  }
  const renew = useMutation({
    mutationFn: (id: string) => api.post<Invitation>(`/invitations/${id}/renewals`),
    onSuccess: setRenewed,
    onError: toastProblem,
    onSettled: refresh,
  })
  const withdraw = useMutation({
    mutationFn: (id: string) => api.delete(`/invitations/${id}`),
    onError: toastProblem,
    onSettled: refresh,
  })
  if (invitations.length === 0) return null
  return (
    <>
      <Title order={2} mt="xl" mb="sm">
        <Trans>Invited</Trans>
      </Title>
      <DataTable
        caption={t`Invitations`}
        rows={invitations}
        rowKey={(each) => each.id}
        columns={[
          { key: "email", header: t`E-mail`, sortBy: (each) => each.email, cell: (each) => each.email },
          {
            key: "roles",
            header: t`Roles`,
            cell: (each) => each.roles.map((role) => roleLabels[role].name).join(", "),
          },
          { key: "state", header: t`State`, cell: (each) => <Ends at={each.endsAt} /> },
          {
            key: "actions",
            header: "",
            cell: (each) => (
              <Group gap="xs" justify="flex-end" wrap="nowrap" data-actions>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  onClick={() => renew.mutate(each.id)}
                  aria-label={t`Resend to ${each.email}`}
                >
                  <Trans>Resend</Trans>
                </Button>
                <Removal
                  label={<Trans>Withdraw</Trans>}
                  name={t`Withdraw the invitation of ${each.email}`}
                  question={t`Withdraw the invitation of ${each.email}?`}
                  size="compact-sm"
                  variant="subtle"
                  pending={withdraw.isPending}
                  onConfirm={(close) => withdraw.mutate(each.id, { onSettled: close })}
                >
                  <Trans>The link that was sent no longer works. You can invite the same person again.</Trans>
                </Removal>
              </Group>
            ),
          },
        ]}
      />
      <Modal
        opened={renewed !== null}
        onClose={() => setRenewed(null)}
        title={t`New link`}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {renewed && <Invited invitations={[renewed]} onClose={() => setRenewed(null)} />}
      </Modal>
    </>
  )
}

function Ends({ at }: { at: string | null }) {
  const now = useNowMinutes()
  if (!at || Date.parse(at) < now)
    return (
      <StatusChip status="soon">
        <Trans>Expired</Trans>
      </StatusChip>
    )
  return (
    <StatusChip status="info">
      <Trans>Invited, ends {relativeTime(at, now)}</Trans>
    </StatusChip>
  )
}
