import { Menu, UnstyledButton } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { IconChevronDown } from "@tabler/icons-react"
import type { ReplyOption } from "../../../../src/core/conversations/reply-option.ts"
import { shownName } from "../names.ts"
import classes from "./composer.module.css"
import type { Draft } from "./draft.ts"

type Props = {
  option: ReplyOption
  draft: Draft
  onFrom: (entryPointId: string) => void
  onTo: (addressId: string) => void
}

/** From which address to which: plain words where there is one, a choice where there are several. A visitor of a chat has none. */
export function FromAndTo({ option, draft, onFrom, onTo }: Props) {
  const { t } = useLingui()
  if (!option.allowed) return null
  const from = fromOf(option, draft)
  const to = chosenTo(option, draft) ?? option.to.find((each) => each.default) ?? option.to[0]
  return (
    <span className={classes.as}>
      {option.to.length > 1 && option.channel !== "chat" && (
        <Choice
          label={t`To`}
          value={shownName(to?.value ?? null, "")}
          choices={option.to.map((each) => ({ id: each.addressId, label: shownName(each.value, "") }))}
          onChoose={onTo}
        />
      )}
      <Choice
        label={t`From`}
        value={shownName(from?.label ?? null, t`choose`)}
        choices={option.from.map((each) => ({ id: each.entryPointId, label: shownName(each.label, "") }))}
        onChoose={onFrom}
      />
    </span>
  )
}

/**
 * What was chosen earlier may be in use no longer: then the default holds again. Without one the only address there is;
 * among several the writer chooses (spec 3).
 */
export function fromOf({ from }: ReplyOption, draft: Draft): ReplyOption["from"][number] | undefined {
  const sole = from.length === 1 ? from[0] : undefined
  return from.find((each) => each.entryPointId === draft.entryPointId) ?? from.find((each) => each.default) ?? sole
}

export function chosenTo(option: ReplyOption, draft: Draft): ReplyOption["to"][number] | undefined {
  return option.to.find((each) => each.addressId === draft.toAddressId)
}

type ChoiceProps = {
  label: string
  value: string
  choices: { id: string; label: string }[]
  onChoose: (id: string) => void
}

function Choice({ label, value, choices, onChoose }: ChoiceProps) {
  if (choices.length < 2)
    return (
      <span className="ellipsis" title={value}>
        {label} {value}
      </span>
    )
  return (
    <Menu position="top-end">
      <Menu.Target>
        <UnstyledButton className={classes.choice} title={value}>
          <span className="ellipsis">
            {label} {value}
          </span>
          <IconChevronDown size={12} stroke={1.75} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item key={choice.id} onClick={() => onChoose(choice.id)}>
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
