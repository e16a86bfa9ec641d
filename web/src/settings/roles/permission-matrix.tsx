import { VisuallyHidden } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCheck } from "@tabler/icons-react"
import { Fragment } from "react"
import { useMe } from "../../can.ts"
import classes from "./roles.module.css"
import type { Permissions } from "./roles.queries.ts"

type Props = { permissions: Permissions; highlightMine: boolean }

/** Actions by group × roles; the first column and the head stay in sight. */
export function PermissionMatrix({ permissions, highlightMine }: Props) {
  const { t } = useLingui()
  const me = useMe()
  const mine = (role: string) => (highlightMine && me.roles.some((each) => each === role) ? classes.mine : undefined)
  const groups = [...new Set(permissions.actions.map((each) => each.group))]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.frame} aria-label={t`Permissions by role`} tabIndex={0}>
      <table className={classes.table}>
        <caption>
          <VisuallyHidden>
            <Trans>Permissions by role</Trans>
          </VisuallyHidden>
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Action</Trans>
            </th>
            {permissions.roles.map((role) => (
              <th key={role.id} scope="col" className={mine(role.id)} title={role.description}>
                {role.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group}>
              <tr className={classes.group}>
                <th scope="colgroup" colSpan={permissions.roles.length + 1}>
                  {group.charAt(0).toUpperCase() + group.slice(1)}
                </th>
              </tr>
              {permissions.actions
                .filter((each) => each.group === group)
                .map((each) => (
                  <tr key={each.action}>
                    <th scope="row" title={each.action}>
                      {each.label}
                    </th>
                    {permissions.roles.map((role) => (
                      <td key={role.id} className={mine(role.id)}>
                        <Cell allowed={each.roles.includes(role.id)} own={each.ownOnly?.includes(role.id)} />
                      </td>
                    ))}
                  </tr>
                ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Cell({ allowed, own }: { allowed: boolean; own: boolean }) {
  if (!allowed)
    return (
      <span className={classes.no}>
        <span aria-hidden>–</span>
        <VisuallyHidden>
          <Trans>not allowed</Trans>
        </VisuallyHidden>
      </span>
    )
  if (own)
    return (
      <span className={classes.own}>
        <Trans>own</Trans>
      </span>
    )
  return (
    <>
      <IconCheck size={16} stroke={2} color="var(--sb-ok)" aria-hidden />
      <VisuallyHidden>
        <Trans>allowed</Trans>
      </VisuallyHidden>
    </>
  )
}
