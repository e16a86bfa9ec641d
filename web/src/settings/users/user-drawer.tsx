import { Alert, Button, Divider, Group, NumberInput, Stack, Switch, Text, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { User } from "../../../../src/core/people/user.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { InboxChoice } from "./inbox-choice.tsx"
import { RoleChoice } from "./role-choice.tsx"
import { DialogButtons, Sheet } from "../../field/dialog.tsx"

/** One person: roles in words, Inboxes, capacity, sessions. */
export function UserDrawer({ user, onClose }: { user: User; onClose: () => void }) {
  const can = useCan()
  return (
    <Sheet onClose={onClose} title={user.name}>
      {can("user.edit") ? <UserForm user={user} onClose={onClose} /> : <Text size="sm">{user.email}</Text>}
    </Sheet>
  )
}

function UserForm({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState(user.name)
  const [roles, setRoles] = useState(user.roles)
  const [inboxIds, setInboxIds] = useState(user.inboxIds)
  const [capacity, setCapacity] = useState(user.capacity)
  const refresh = () => {
    for (const key of ["users", "inboxes", "me"]) void client.invalidateQueries({ queryKey: [key] })
  }
  const save = useMutation({
    mutationFn: () =>
      api.patch<User>(`/users/${user.id}`, { name: name.trim(), roles, inboxIds, capacity }, user.version),
    onSuccess: (saved) => {
      refresh()
      toast(t`${saved.name} saved.`)
      onClose()
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const stored = [user.name, user.roles, user.inboxIds, user.capacity]
  const changed = JSON.stringify([name, roles, inboxIds, capacity]) !== JSON.stringify(stored)
  return (
    <Stack gap="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack gap="md">
          {save.error && !problem?.errors.length && (
            <Alert color="red" variant="light" role="alert" p="sm">
              {problem?.code === "last_administrator" ? (
                <Trans>Someone must stay Administrator. Appoint another one first.</Trans>
              ) : (
                save.error.message
              )}
            </Alert>
          )}
          <TextInput
            label={t`Name`}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at("/name")}
          />
          <RoleChoice value={roles} onChange={setRoles} error={problem?.at("/roles")} />
          <InboxChoice value={inboxIds} onChange={setInboxIds} error={problem?.at("/inboxIds")} />
          <CapacityFields capacity={capacity} onChange={setCapacity} error={problem?.at("/capacity/standard")} />
          <DialogButtons pending={save.isPending} changed={changed}>
            <Trans>Save</Trans>
          </DialogButtons>
        </Stack>
      </form>
      <Divider />
      <Access user={user} onChanged={refresh} />
    </Stack>
  )
}

type Capacity = User["capacity"]

function CapacityFields({
  capacity,
  onChange,
  error,
}: {
  capacity: Capacity
  onChange: (capacity: Capacity) => void
  error?: string
}) {
  const { t } = useLingui()
  return (
    <Stack gap="xs">
      <Switch
        label={t`Own messaging capacity`}
        description={t`Otherwise the one of Conversation workflow counts.`}
        checked={capacity !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? { standard: 3, maximum: 6 } : null)}
      />
      {capacity && (
        <Group gap="sm" grow align="flex-start">
          <NumberInput
            label={t`Given automatically`}
            min={1}
            max={100}
            value={capacity.standard}
            onChange={(value) => onChange({ ...capacity, standard: Number(value) })}
            error={error}
          />
          <NumberInput
            label={t`At most, with Next`}
            min={1}
            max={100}
            value={capacity.maximum}
            onChange={(value) => onChange({ ...capacity, maximum: Number(value) })}
          />
        </Group>
      )}
    </Stack>
  )
}

function Access({ user, onChanged }: { user: User; onChanged: () => void }) {
  const { t } = useLingui()
  const active = user.status === "active"
  const signOut = useMutation({
    mutationFn: () => api.delete(`/users/${user.id}/sessions`),
    onSuccess: () => toast(t`${user.name} was signed out everywhere.`),
    onError: toastProblem,
  })
  const setActive = useMutation({
    mutationFn: () =>
      active ? api.put(`/users/${user.id}/deactivation`) : api.delete(`/users/${user.id}/deactivation`),
    onSuccess: onChanged,
  })
  const problem = setActive.error instanceof ApiProblem ? setActive.error : null
  return (
    <Stack gap="sm">
      <Text fw={600}>
        <Trans>Access</Trans>
      </Text>
      {setActive.error && (
        <Alert color="red" variant="light" role="alert" p="sm">
          {problem?.code === "last_administrator" ? (
            <Trans>Someone must stay Administrator. Appoint another one first.</Trans>
          ) : (
            setActive.error.message
          )}
        </Alert>
      )}
      <Group gap="sm">
        <Button variant="default" onClick={() => signOut.mutate()} loading={signOut.isPending}>
          <Trans>Sign out everywhere</Trans>
        </Button>
        <Button variant="default" onClick={() => setActive.mutate()} loading={setActive.isPending}>
          {active ? <Trans>Deactivate user</Trans> : <Trans>Activate user</Trans>}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        <Trans>A deactivated person cannot sign in. Open conversations go back to their Inboxes.</Trans>
      </Text>
    </Stack>
  )
}
