import { Avatar, Indicator, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  IconCheck,
  IconDeviceDesktop,
  IconEyeOff,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
  IconUserOff,
  IconUserCheck,
} from "@tabler/icons-react"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { Agent } from "../../../src/core/agents/agent.ts"
import { api } from "../api.ts"
import { useCan, useMe } from "../can.ts"
import { toastProblem } from "../field/toast.tsx"
import classes from "./shell.module.css"
import { agentSelfQuery, useAgentSelf } from "./shell.queries.ts"
import { useSignOut } from "./sign-out.ts"

/** The person: status (away, focus), theme, profile, sign out. */
export function StatusMenu() {
  const { t } = useLingui()
  const me = useMe()
  const can = useCan()
  const isAgent = can("agent.self")
  const self = useAgentSelf(isAgent).data
  const signOut = useSignOut()
  const status = statusOf(self)
  const initials = initialsOf(me.user.name)
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton
          className={classes.person}
          aria-label={[initials, me.user.name, ...(status ? [t(status.label)] : [])].join(", ")}
          p={4}
        >
          <Indicator disabled={!status} color={status?.dot} size={10} offset={4} position="bottom-end" withBorder>
            <Avatar
              size={28}
              radius="xl"
              styles={{
                placeholder: { fontSize: 12, color: "var(--sb-accent-text)", background: "var(--sb-accent-tint)" },
              }}
            >
              {initials}
            </Avatar>
          </Indicator>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.user.email}
          {status && (
            <>
              <br />
              {t(status.sentence)}
            </>
          )}
        </Menu.Label>
        {self && <StatusItems away={self.status === "away"} focused={Boolean(self.focusedAt)} />}
        <ThemeItems />
        <Menu.Divider />
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={18} stroke={1.75} />}>
          <Trans>Profile</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={18} stroke={1.75} />} onClick={() => signOut.mutate()}>
          <Trans>Sign out</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Who is signed in without an agent's work, as an administrator in Settings is, is not at work: no alarm, no promise. */
function statusOf(self: Agent | undefined) {
  if (!self) return null
  if (self.focusedAt) return { label: msg`focus`, sentence: msg`Focus: nothing is offered`, dot: "var(--sb-soon)" }
  if (self.status === "away") return { label: msg`away`, sentence: msg`You are away`, dot: "var(--sb-soon)" }
  if (self.status === "logged_out")
    return { label: msg`not at work`, sentence: msg`Not at work: nothing is offered`, dot: "var(--sb-edge)" }
  return { label: msg`active`, sentence: msg`You are active`, dot: "var(--sb-ok)" }
}

function StatusItems({ away, focused }: { away: boolean; focused: boolean }) {
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (to: "active" | "away" | "focus" | "no_focus") =>
      to === "focus"
        ? api.put("/agents/me/focus")
        : to === "no_focus"
          ? api.delete("/agents/me/focus")
          : api.put("/agents/me/status", { status: to === "away" ? "away" : "logged_in" }),
    onError: toastProblem,
    onSettled: () => void client.invalidateQueries({ queryKey: agentSelfQuery.queryKey }),
  })
  return (
    <>
      {away ? (
        <Menu.Item leftSection={<IconUserCheck size={18} stroke={1.75} />} onClick={() => change.mutate("active")}>
          <Trans>I am back</Trans>
        </Menu.Item>
      ) : (
        <Menu.Item leftSection={<IconUserOff size={18} stroke={1.75} />} onClick={() => change.mutate("away")}>
          <Trans>Set me away</Trans>
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconEyeOff size={18} stroke={1.75} />}
        onClick={() => change.mutate(focused ? "no_focus" : "focus")}
      >
        {focused ? <Trans>End focus</Trans> : <Trans>Focus: offer me nothing</Trans>}
      </Menu.Item>
      <Menu.Divider />
    </>
  )
}

function ThemeItems() {
  const { t } = useLingui()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const choices = [
    { value: "light", label: t`Light`, icon: <IconSun size={18} stroke={1.75} /> },
    { value: "dark", label: t`Dark`, icon: <IconMoon size={18} stroke={1.75} /> },
    { value: "auto", label: t`Like the system`, icon: <IconDeviceDesktop size={18} stroke={1.75} /> },
  ] as const
  return (
    <>
      <Menu.Label>
        <Trans>Theme</Trans>
      </Menu.Label>
      {choices.map(({ value, label, icon }) => (
        <Menu.Item
          key={value}
          role="menuitemradio"
          aria-checked={colorScheme === value}
          leftSection={icon}
          rightSection={colorScheme === value && <IconCheck size={16} />}
          onClick={() => {
            setColorScheme(value)
            void api.patch("/me/preferences", { theme: value === "auto" ? "system" : value }).catch(() => undefined)
          }}
        >
          {label}
        </Menu.Item>
      ))}
    </>
  )
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0]?.toUpperCase() ?? "").join("")
}
