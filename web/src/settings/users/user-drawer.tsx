import { Button, Divider, Group, NumberInput, Stack, Switch, Text, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { User } from "../../../../src/core/people/user.ts"
import { roleLabels } from "../../../../src/core/permissions.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { DraftConflict, isConflict, type Line } from "../../field/conflict.tsx"
import { useDraft } from "../../field/draft.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { locale } from "../../field/locale.ts"
import { toast, toastProblem } from "../../field/toast.tsx"
import { inboxesQuery } from "../inboxes/inboxes.queries.ts"
import { Removal } from "../removal.tsx"
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
  const inboxes = new Map((useQuery(inboxesQuery).data ?? []).map((inbox) => [inbox.id, inbox.name]))
  const draft = useDraft(user, valuesOf)
  const { name, roles, inboxIds, capacity } = draft.values
  const refresh = () => {
    for (const key of ["users", "inboxes", "me"]) void client.invalidateQueries({ queryKey: [key] })
  }
  const save = useMutation({
    mutationFn: ({ values, version }: { values: Values; version: number }) =>
      api.patch<User>(`/users/${user.id}`, { ...values, name: values.name.trim() }, version),
    onSuccess: (saved) => {
      refresh()
      toast(t`${saved.name} saved.`)
      onClose()
    },
    onError: (error) => isConflict(error) && refresh(),
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const lastAdministrator = problem?.code === "last_administrator"
  const list = (names: string[]) => new Intl.ListFormat(locale, { style: "short" }).format(names)
  const lines: Line<Values>[] = [
    [t`Name`, ({ name }) => name],
    [t`Roles`, ({ roles }) => list(roles.map((role) => roleLabels[role].name))],
    [t`Inboxes`, ({ inboxIds }) => list(inboxIds.map((id) => inboxes.get(id) ?? id)) || t`none`],
    [t`Given automatically`, ({ capacity }) => String(capacity?.standard ?? "–")],
    [t`At most, with Next`, ({ capacity }) => String(capacity?.maximum ?? "–")],
  ]
  return (
    <Stack gap="lg">
      <Form onSubmit={() => save.mutate(draft)}>
        <Stack gap="md">
          {isConflict(save.error) ? (
            <DraftConflict
              problem={save.error}
              name={draft.stored.name}
              draft={draft}
              current={user}
              lines={lines}
              save={save}
            />
          ) : (
            save.error && !lastAdministrator && !problem?.errors.length && <Refusal>{save.error.message}</Refusal>
          )}
          <TextInput
            label={t`Name`}
            value={name}
            onChange={(event) => draft.set({ name: event.currentTarget.value })}
            error={problem?.at("/name")}
          />
          <RoleChoice
            value={roles}
            onChange={(roles) => {
              save.reset()
              draft.set({ roles })
            }}
            error={
              lastAdministrator ? t`Someone must stay Administrator. Appoint another one first.` : problem?.at("/roles")
            }
          />
          <InboxChoice
            value={inboxIds}
            onChange={(inboxIds) => draft.set({ inboxIds })}
            error={problem?.at("/inboxIds")}
          />
          <CapacityFields
            capacity={capacity}
            onChange={(capacity) => draft.set({ capacity })}
            error={problem?.at("/capacity/standard") ?? problem?.at("/capacity/maximum") ?? problem?.at("/capacity")}
          />
          <DialogButtons pending={save.isPending} changed={draft.changed}>
            <Trans>Save</Trans>
          </DialogButtons>
        </Stack>
      </Form>
      <Divider />
      <Access user={user} onChanged={refresh} />
    </Stack>
  )
}

type Values = Pick<User, "name" | "roles" | "inboxIds" | "capacity">

function valuesOf({ name, roles, inboxIds, capacity }: User): Values {
  return { name, roles, inboxIds, capacity }
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
        <Refusal>
          {problem?.code === "last_administrator" ? (
            <Trans>Someone must stay Administrator. Appoint another one first.</Trans>
          ) : (
            setActive.error.message
          )}
        </Refusal>
      )}
      <Group gap="sm">
        <Button variant="default" onClick={() => signOut.mutate()} loading={signOut.isPending}>
          <Trans>Sign out everywhere</Trans>
        </Button>
        {active ? (
          <Removal
            label={<Trans>Deactivate user</Trans>}
            question={t`Deactivate ${user.name}?`}
            pending={setActive.isPending}
            onConfirm={(close) => setActive.mutate(undefined, { onSettled: close })}
          >
            <Trans>
              {user.name} is signed out at once and cannot sign in again. Open conversations go back to their Inboxes.
              You can activate the user again later.
            </Trans>
          </Removal>
        ) : (
          <Button variant="default" onClick={() => setActive.mutate()} loading={setActive.isPending}>
            <Trans>Activate user</Trans>
          </Button>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        <Trans>A deactivated person cannot sign in. Open conversations go back to their Inboxes.</Trans>
      </Text>
    </Stack>
  )
}
