import { Anchor, Kbd, Modal } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Fragment } from "react"
import { preferencesQuery } from "../settings/profile/profile.queries.ts"
import classes from "./shortcut-list.module.css"

const command = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl"

type Shortcut = { keys: string[]; what: MessageDescriptor }

/** As `useWorkKey` and the composer know them; each key of one row is pressed after the other, `+` with the one before. */
const groups: { title: MessageDescriptor; shortcuts: Shortcut[] }[] = [
  {
    title: msg`Your work`,
    shortcuts: [
      { keys: ["j", "k"], what: msg`Into the list, next and previous` },
      { keys: ["Enter"], what: msg`Open it` },
      { keys: ["x"], what: msg`Take the next request` },
      { keys: ["F8"], what: msg`Accept an offer` },
      { keys: ["F9"], what: msg`Decline an offer` },
      { keys: ["a", "m"], what: msg`Messaging on or off` },
      { keys: ["a", "e"], what: msg`Mail on or off` },
    ],
  },
  {
    title: msg`The conversation`,
    shortcuts: [
      { keys: ["r"], what: msg`Reply` },
      { keys: ["n"], what: msg`Write a note` },
      { keys: ["t"], what: msg`Transfer` },
      { keys: ["e"], what: msg`Close` },
      { keys: ["i"], what: msg`Why did I get this?` },
      { keys: [command, "+", "Enter"], what: msg`Send` },
      { keys: [command, "+", "Shift", "+", "Enter"], what: msg`Send and close` },
      { keys: ["Esc"], what: msg`Leave the text; the draft is kept` },
    ],
  },
  {
    title: msg`Getting around`,
    shortcuts: [
      { keys: [command, "+", "K"], what: msg`Search customers and conversations` },
      { keys: ["1", "2", "3", "4", "5"], what: msg`List, timeline, text, customer, offer` },
      { keys: ["[", "]"], what: msg`Fold the list, the customer` },
      { keys: ["g", "w"], what: msg`Go to the workspace` },
      { keys: ["g", "s"], what: msg`Go to Settings` },
      { keys: ["?"], what: msg`This list` },
    ],
  },
]

type Props = { opened: boolean; onClose: () => void }

/** All keys in one place; those of one letter can be switched off in the profile. */
export function ShortcutList({ opened, onClose }: Props) {
  const { t } = useLingui()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={880}
      title={t`Keyboard shortcuts`}
      closeButtonProps={{ "aria-label": t`Close` }}
    >
      <div className={classes.groups}>
        {groups.map(({ title, shortcuts }) => (
          <section key={title.id} aria-label={t(title)}>
            <h3 className={classes.title}>{t(title)}</h3>
            <dl className={classes.list}>
              {shortcuts.map(({ keys, what }) => (
                <Fragment key={keys.join(" ")}>
                  <dt>{keys.map((key) => (key === "+" ? null : <Kbd key={key}>{key}</Kbd>))}</dt>
                  <dd>{t(what)}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <OnOrOff onClose={onClose} />
    </Modal>
  )
}

function OnOrOff({ onClose }: { onClose: () => void }) {
  const isOn = useQuery(preferencesQuery).data?.shortcuts ?? true
  return (
    <p className={classes.foot}>
      {isOn ? (
        <Trans>Keys of one letter never act inside a field.</Trans>
      ) : (
        <Trans>Keys of one letter are switched off.</Trans>
      )}{" "}
      <Anchor component={Link} to="/profile" size="sm" underline="always" onClick={onClose}>
        {isOn ? <Trans>Switch them off</Trans> : <Trans>Switch them on</Trans>}
      </Anchor>
    </p>
  )
}
