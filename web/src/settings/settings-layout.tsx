import { TextInput } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconChevronLeft, IconSearch } from "@tabler/icons-react"
import { Link, Navigate, Outlet, useRouterState } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { useCan } from "../can.ts"
import { Forbidden } from "../field/resource-state.tsx"
import { live } from "../live.ts"
import { useTitle } from "../shell/page-title.ts"
import { categories, type SettingsCategory } from "./settings-pages.ts"
import classes from "./settings.module.css"

/** Settings: navigation at the left, the page at the right; on a phone the navigation is the page. */
export function SettingsLayout() {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const onPage = path.replace(/\/$/, "") !== "/settings"
  useEffect(() => {
    live.presence("settings")
    const unsubscribe = live.subscribe("settings")
    return () => {
      live.presence("work")
      unsubscribe()
    }
  }, [])
  return (
    <div className={classes.wrap} data-page={onPage}>
      <SettingsNav path={path} isPage={!onPage} />
      <div className={classes.content}>
        <div className={classes.inner}>
          {onPage && (
            <Link to="/settings" className={classes.back}>
              <IconChevronLeft size={18} stroke={1.75} aria-hidden />
              <Trans>Settings</Trans>
            </Link>
          )}
          <Outlet />
        </div>
      </div>
    </div>
  )
}

/** On a wide screen Settings opens with its first page that the person may see. */
export function SettingsStart() {
  const { t } = useLingui()
  const can = useCan()
  const wide = useMediaQuery("(min-width: 48em)", undefined, { getInitialValueInEffect: false })
  useTitle(t`Settings`)
  const first = categories.flatMap((category) => category.pages).find((page) => can(page.action))
  if (!first) return <Forbidden />
  return wide ? <Navigate to={first.to} replace /> : null
}

/** On a phone it is a page of its own while no other is open. */
function SettingsNav({ path, isPage }: { path: string; isPage: boolean }) {
  const { t } = useLingui()
  const can = useCan()
  const [filter, setFilter] = useState("")
  const view = useRouterState({ select: (state) => state.location.search.view })
  const shown = categories
    .map((category) => filtered(category, filter, t, can))
    .filter((category) => category.pages.length > 0)
  return (
    <nav className={classes.nav} aria-label={t`Settings`}>
      {isPage && (
        <h1 className={`${classes.title} ${classes.navTitle}`}>
          <Trans>Settings</Trans>
        </h1>
      )}
      <TextInput
        size="xs"
        mx={2}
        aria-label={t`Find a setting`}
        placeholder={t`Find a setting`}
        leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value)}
      />
      {shown.map((category, index) => (
        <section key={category.label.id} aria-labelledby={`settings-category-${index}`}>
          <h2 id={`settings-category-${index}`}>{t(category.label)}</h2>
          {category.pages.map((page) => (
            <Link
              key={page.label.id}
              to={page.to}
              search={page.search ?? {}}
              className={classes.link}
              data-current={path.startsWith(page.to) && page.search?.view === view}
            >
              <page.icon size={18} stroke={1.75} aria-hidden />
              {t(page.label)}
            </Link>
          ))}
        </section>
      ))}
      {shown.length === 0 && (
        <p className={classes.meta}>
          <Trans>No setting called "{filter}".</Trans>
        </p>
      )}
    </nav>
  )
}

type Translate = ReturnType<typeof useLingui>["t"]

function filtered(
  category: SettingsCategory,
  filter: string,
  t: Translate,
  can: (action: string) => boolean,
): SettingsCategory {
  const word = filter.trim().toLowerCase()
  const matches = (text: string) => text.toLowerCase().includes(word)
  return {
    ...category,
    pages: category.pages.filter(
      (page) => can(page.action) && (!word || matches(t(page.label)) || matches(page.words ?? "")),
    ),
  }
}
