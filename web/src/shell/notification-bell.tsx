import { ActionIcon, Button, Group, Indicator, NavLink, Popover, ScrollArea, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconBell } from "@tabler/icons-react"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { api } from "../api.ts"
import { useCan } from "../can.ts"
import { UnreadList } from "../notices/unread-list.tsx"
import { useUnread } from "../notices/unread.ts"
import { RelativeTime } from "../field/relative-time.tsx"
import { ResourceState } from "../field/resource-state.tsx"
import type { Notification } from "../../../src/core/people/me.ts"
import classes from "./shell.module.css"
import { shownName } from "../workspace/names.ts"
import { workListQuery } from "../workspace/work.queries.ts"
import { notificationsQuery } from "./shell.queries.ts"

const texts: Record<string, MessageDescriptor> = {
  events_parked: msg`Messages could not be processed and wait for you`,
  carrier_unreachable: msg`A carrier does not answer`,
  request_done: msg`A request is done`,
}

const unreadMost = 99

/** What happened to me while I looked elsewhere; unread are counted in the accent, which is not an alarm. */
export function NotificationBell() {
  const { t } = useLingui()
  const [opened, { toggle, close }] = useDisclosure()
  const query = useQuery(notificationsQuery)
  const { count: waiting, conversations } = useUnread()
  /** A conversation that was given to me and is unread stands there once, with what it says. */
  const isSaidAlready = ({ kind, data, readAt }: Notification) =>
    kind === "assigned" && !readAt && conversations.some(({ id }) => id === data.conversationId)
  const others = query.data?.filter((each) => !isSaidAlready(each)) ?? []
  const unread = others.filter((each) => !each.readAt).length + waiting
  return (
    <Popover opened={opened} onDismiss={close} width={360} position="bottom-end" trapFocus returnFocus>
      <Indicator
        disabled={unread === 0}
        label={unread > unreadMost ? `${unreadMost}+` : unread}
        size={16}
        offset={6}
        color="accent"
        classNames={{ indicator: `num ${classes.unread}` }}
      >
        <Popover.Target>
          <ActionIcon
            size={36}
            onClick={toggle}
            aria-label={unread > 0 ? t`Notifications, ${unread} unread` : t`Notifications`}
          >
            <IconBell size={20} stroke={1.75} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p={0} aria-label={t`Notifications`}>
        <Header unread={query.data?.find((each) => !each.readAt)} />
        <ScrollArea.Autosize mah={420} p="sm" styles={{ content: { display: "block", minWidth: 0 } }}>
          <UnreadList onOpen={close} />
          <ResourceState
            query={query}
            isEmpty={(items) => items.length === 0 && waiting === 0}
            empty={
              <Text size="sm" c="dimmed" p="md">
                <Trans>Nothing new. Offers, mentions and problems appear here.</Trans>
              </Text>
            }
          >
            {() => (
              <Stack gap={0}>
                {others.map((item) => (
                  <Item key={item.id} item={item} onOpen={close} />
                ))}
              </Stack>
            )}
          </ResourceState>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}

function Header({ unread }: { unread?: Notification }) {
  const client = useQueryClient()
  const readAll = useMutation({
    mutationFn: (upToId: string) => api.put("/notifications/read-mark", { upToId }),
    onSettled: () => void client.invalidateQueries({ queryKey: notificationsQuery.queryKey }),
  })
  return (
    <Group justify="space-between" px="md" py="xs" style={{ borderBottom: "1px solid var(--sb-line)" }}>
      <Text fw={600}>
        <Trans>Notifications</Trans>
      </Text>
      {unread && (
        <Button
          size="compact-sm"
          className={classes.readAll}
          variant="subtle"
          onClick={() => readAll.mutate(unread.id)}
        >
          <Trans>Mark all read</Trans>
        </Button>
      )}
    </Group>
  )
}

/** Who did it, and about whom where that is among the person's own. */
function useWords({ kind, data }: Notification): string {
  const { t } = useLingui()
  const mine = useQuery({ ...workListQuery("mine"), enabled: useCan()("agent.self") }).data
  const by = typeof data.by === "string" ? data.by : t`Somebody`
  const about = mine?.items.find(({ id }) => id === data.conversationId)?.customer.name
  const customer = about ? shownName(about, about) : null
  if (kind === "assigned") return customer ? t`${by} gave you ${customer}` : t`${by} gave you a conversation`
  if (kind === "mention")
    return customer ? t`${by} mentioned you in a note about ${customer}` : t`${by} mentioned you in a note`
  const known = texts[kind]
  return known ? t(known) : kind.replaceAll("_", " ")
}

function Item({ item, onOpen }: { item: Notification; onOpen: () => void }) {
  const client = useQueryClient()
  const label = useWords(item)
  return (
    <NavLink
      component={Link}
      to={item.link ?? "/"}
      label={<span style={{ fontWeight: item.readAt ? 400 : 600 }}>{label}</span>}
      description={<RelativeTime at={item.at} />}
      style={{ borderRadius: 6 }}
      onClick={() => {
        onOpen()
        void api
          .put(`/notifications/${item.id}/read-mark`)
          .then(() => client.invalidateQueries({ queryKey: notificationsQuery.queryKey }))
      }}
    />
  )
}
