import { Button, Drawer, Group, Modal, type ModalProps } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { createContext, type ReactNode, use, useEffect, useLayoutEffect, useMemo, useState } from "react"
import { AskDiscard, LeaveGuard } from "./leave-guard.tsx"

type Inside = { close: () => void; setChanged: (changed: boolean) => void }
const Surroundings = createContext<Inside>({ close: () => undefined, setChanged: () => undefined })

type Props = { onClose: () => void; title: ReactNode; children: ReactNode }

/** A window over the page. With changes in it (`useDialog`) it asks before it closes, whichever way. */
export function Dialog({
  opened,
  onClose,
  title,
  size = "md",
  children,
}: Props & { opened: boolean; size?: ModalProps["size"] }) {
  const { t } = useLingui()
  const guard = useGuard(onClose)
  useFocusOnPage(opened)
  return (
    <>
      <Modal
        opened={opened}
        onClose={guard.inside.close}
        closeOnEscape={!guard.asking}
        title={title}
        size={size}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <Surroundings value={guard.inside}>{children}</Surroundings>
      </Modal>
      {guard.question}
    </>
  )
}

/** A row of a table, opened at the side of the page; asks as a dialog does. */
export function Sheet({ onClose, title, children }: Props) {
  const { t } = useLingui()
  const guard = useGuard(onClose)
  useFocusBack()
  return (
    <>
      <Drawer
        opened
        onClose={guard.inside.close}
        closeOnEscape={!guard.asking}
        position="right"
        size={480}
        title={title}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        <Surroundings value={guard.inside}>{children}</Surroundings>
      </Drawer>
      {guard.question}
    </>
  )
}

/** A sheet is there only while it is open: where the focus was is remembered here, not by the drawer. */
function useFocusBack(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => void setTimeout(() => before instanceof HTMLElement && before.isConnected && before.focus()),
    [before],
  )
}

/** A window that the address opened has no button to give the focus back to: then the page's title gets it. */
function useFocusOnPage(opened: boolean): void {
  useEffect(() => {
    if (!opened) return
    return () =>
      void setTimeout(() => {
        const title = document.querySelector("main h1")
        if (document.activeElement === document.body && title instanceof HTMLElement) title.focus()
      }, focusBackMs)
  }, [opened])
}

/** After the window gave the focus back where it could. */
const focusBackMs = 50

/** For the form inside: says whether it holds what is not saved, and gets a way out that asks. */
export function useDialog(changed = false): { close: () => void } {
  const { close, setChanged } = use(Surroundings)
  useLayoutEffect(() => {
    setChanged(changed)
    return () => setChanged(false)
  }, [changed, setChanged])
  return { close }
}

type ButtonsProps = { children: ReactNode; pending: boolean; color?: "red"; changed?: boolean; disabled?: boolean }

/** Cancel and the one that sends the form; `changed` as in `useDialog`. */
export function DialogButtons({ children, pending, color, changed = false, disabled }: ButtonsProps) {
  const { close } = useDialog(changed && !pending)
  return (
    <Group justify="flex-end" gap="sm">
      <Button variant="subtle" color="gray" onClick={close}>
        <Trans>Cancel</Trans>
      </Button>
      <Button type="submit" color={color} loading={pending} disabled={disabled}>
        {children}
      </Button>
    </Group>
  )
}

function useGuard(onClose: () => void) {
  const [changed, setChanged] = useState(false)
  const [asking, setAsking] = useState(false)
  const inside = useMemo(
    () => ({
      // Later: the same Escape would answer the question.
      close: () => (changed ? void setTimeout(() => setAsking(true)) : onClose()),
      setChanged,
    }),
    [changed, onClose],
  )
  const question = (
    <>
      <LeaveGuard when={changed} question={<Trans>Leave without saving your changes?</Trans>} withinPage />
      <AskDiscard
        opened={asking}
        question={<Trans>Close without saving your changes?</Trans>}
        onStay={() => setAsking(false)}
        onDiscard={() => {
          setAsking(false)
          onClose()
        }}
      />
    </>
  )
  return { inside, asking, question }
}
