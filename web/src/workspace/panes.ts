import { useLocalStorage } from "@mantine/hooks"
import { useMe } from "../can.ts"

export type SidePane = "list" | "customer"
export type Panes = { [pane in SidePane]: { width: number; folded: boolean } }

export const paneWidths = {
  list: { min: 264, usual: 320, max: 480 },
  customer: { min: 296, usual: 352, max: 560 },
} as const satisfies { [pane in SidePane]: object }

const usual: Panes = {
  list: { width: paneWidths.list.usual, folded: false },
  customer: { width: paneWidths.customer.usual, folded: false },
}

/** How a person has the panes beside the conversation, kept in the browser: another screen has another width. */
export function usePanes() {
  const me = useMe()
  const [kept, setKept] = useLocalStorage<Partial<Panes>>({
    key: `switchboard:panes:${me.user.id}`,
    defaultValue: usual,
    getInitialValueInEffect: false,
  })
  const panes: Panes = { ...usual, ...kept }
  return {
    panes,
    resize: (pane: SidePane, width: number) =>
      setKept((now) => ({ ...usual, ...now, [pane]: { width, folded: false } })),
    fold: (pane: SidePane, folded: boolean) =>
      setKept((now) => ({ ...usual, ...now, [pane]: { ...usual[pane], ...now[pane], folded } })),
  }
}
