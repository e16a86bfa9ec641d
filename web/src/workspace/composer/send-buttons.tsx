import { Button, Menu } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconChevronDown } from "@tabler/icons-react"
import classes from "./composer.module.css"

type Props = { canSend: boolean; byEnter: boolean; onSend: () => boolean; onSendAndClose: () => void }

export function SendButtons({ canSend, byEnter, onSend, onSendAndClose }: Props) {
  const { t } = useLingui()
  return (
    <Button.Group>
      <Button
        size="xs"
        onClick={onSend}
        aria-disabled={!canSend}
        data-disabled={!canSend || undefined}
        className={classes.send}
      >
        <Trans>Send</Trans> <SendKeys byEnter={byEnter} />
      </Button>
      <Menu position="top-end">
        <Menu.Target>
          <Button
            size="xs"
            px={6}
            className={classes.sendMore}
            data-disabled={!canSend || undefined}
            aria-label={t`More ways to send`}
          >
            <IconChevronDown size={16} stroke={1.75} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={!canSend} onClick={() => onSend() && onSendAndClose()}>
            <Trans>Send and close</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  )
}

type AddNoteProps = { canSend: boolean; busy: boolean; onSend: () => boolean }

/** Never the same look as Send. */
export function AddNoteButton({ canSend, busy, onSend }: AddNoteProps) {
  return (
    <Button
      size="xs"
      className={classes.addNote}
      variant="outline"
      onClick={onSend}
      aria-disabled={!canSend}
      data-disabled={!canSend || undefined}
      loading={busy}
    >
      <Trans>Add note</Trans>
    </Button>
  )
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

function SendKeys({ byEnter }: { byEnter: boolean }) {
  return (
    <span className={classes.keys} aria-hidden>
      {byEnter ? (isMac ? "↵" : "Enter") : isMac ? "⌘↵" : "Ctrl Enter"}
    </span>
  )
}
