import { ActionIcon, Divider, Drawer, NavLink, Tooltip } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  IconDeviceMobileMessage,
  IconInbox,
  IconLogout,
  IconMenu2,
  IconSettings,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react"
import { Link } from "@tanstack/react-router"
import { useCan, useMe } from "../can.ts"
import { useSignOut } from "./sign-out.ts"

/** The menu icon at the top left (S61); Settings stands in it (S62). What the role lacks is absent. */
export function DrawerMenu() {
  const { t } = useLingui()
  const [opened, { open, close }] = useDisclosure()
  const can = useCan()
  const me = useMe()
  const signOut = useSignOut()
  return (
    <>
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
