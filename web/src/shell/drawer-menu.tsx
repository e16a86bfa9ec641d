import { ActionIcon, Divider, Drawer, NavLink, Tooltip } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  IconDeviceMobileMessage,
  IconInbox,
  IconKeyboard,
  IconLogout,
  IconMenu2,
  IconSettings,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react"
import { Link, useNavigate } from "@tanstack/react-router"
import { useCan, useMe } from "../can.ts"
import { useWorkKey } from "../workspace/shortcuts.ts"
import { ShortcutList } from "./shortcut-list.tsx"
import { useSignOut } from "./sign-out.ts"

/** The menu icon at the top left (S61); Settings stands in it (S62). What the role lacks is absent. */
export function DrawerMenu() {
  const { t } = useLingui()
  const [opened, { open, close }] = useDisclosure()
  const can = useCan()
  const me = useMe()
  const signOut = useSignOut()
  const navigate = useNavigate()
  const [keysShown, keys] = useDisclosure()
  useWorkKey("?", keys.open)
  useWorkKey("g w", () => can("agent.self") && navigate({ to: "/work" }))
  useWorkKey("g s", () => navigate({ to: "/settings" }))
  return (
    <>
      <ShortcutList opened={keysShown} onClose={keys.close} />
      <Tooltip label={t`Open menu`}>
        <ActionIcon size={36} onClick={open} aria-label={t`Open menu`} aria-expanded={opened} aria-haspopup="dialog">
          <IconMenu2 size={20} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Drawer
        opened={opened}
        onClose={close}
        size={280}
        padding="sm"
        title={me.organization.name}
        closeButtonProps={{ "aria-label": t`Close menu` }}
      >
        <nav aria-label={t`Main menu`}>
          {can("agent.self") && (
            <NavLink
              component={Link}
              to="/work"
              onClick={close}
              label={<Trans>Workspace</Trans>}
              leftSection={<IconInbox size={20} stroke={1.75} />}
            />
          )}
          {can("customer.read") && (
            <NavLink
              component={Link}
              to="/customers"
              onClick={close}
              label={<Trans>Customers</Trans>}
              leftSection={<IconUsers size={20} stroke={1.75} />}
            />
          )}
          {can("sandbox.use") && (
            <NavLink
              component={Link}
              to="/test/phone"
              onClick={close}
              label={<Trans>Test phone</Trans>}
              leftSection={<IconDeviceMobileMessage size={20} stroke={1.75} />}
            />
          )}
          <Divider my="sm" />
          <NavLink
            component={Link}
            to="/settings"
            onClick={close}
            label={<Trans>Settings</Trans>}
            leftSection={<IconSettings size={20} stroke={1.75} />}
          />
          <Divider my="sm" />
          <NavLink
            component="button"
            onClick={() => {
              close()
              keys.open()
            }}
            label={<Trans>Keyboard shortcuts</Trans>}
            leftSection={<IconKeyboard size={20} stroke={1.75} />}
          />
          <NavLink
            component={Link}
            to="/profile"
            onClick={close}
            label={<Trans>Profile</Trans>}
            leftSection={<IconUserCircle size={20} stroke={1.75} />}
          />
          <NavLink
            component="button"
            onClick={() => signOut.mutate()}
            label={<Trans>Sign out</Trans>}
            leftSection={<IconLogout size={20} stroke={1.75} />}
          />
        </nav>
      </Drawer>
    </>
  )
}
