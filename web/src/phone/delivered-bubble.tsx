import { Menu, UnstyledButton } from "@mantine/core"
import { msg } from "@lingui/core/macro"
import type { MessageDescriptor } from "@lingui/core"
import { Trans, useLingui } from "@lingui/react/macro"
import {
  type Icon,
  IconAlertTriangle,
  IconChecks,
  IconChevronDown,
  IconEye,
  IconFile,
  IconPhoto,
} from "@tabler/icons-react"
import { useMutation } from "@tanstack/react-query"
import { api } from "../api.ts"
import { announce } from "../field/announcer.tsx"
import { exactTime } from "../field/relative-time.tsx"
import { toastProblem } from "../field/toast.tsx"
import { clockTime } from "../workspace/short-time.ts"
import type { Delivered } from "./deliveries.ts"
import { keepTold, type ToldStatus } from "./kept.ts"
import classes from "./phone.module.css"
import { locale } from "../field/locale.ts"

const states: Record<ToldStatus, { icon: Icon; word: MessageDescriptor }> = {
  delivered: { icon: IconChecks, word: msg`Delivered` },
  read: { icon: IconEye, word: msg`Read` },
  failed: { icon: IconAlertTriangle, word: msg`Failed` },
}
const choices: readonly ToldStatus[] = ["delivered", "read", "failed"]

/** What reached the customer; what his side tells of it can be chosen. */
export function DeliveredBubble({ item, told }: { item: Delivered; told: ToldStatus | undefined }) {
  return (
    <div className={classes.message}>
      {(item.text !== "" || item.subject) && (
        <div className={classes.bubble} dir="auto">
          {item.subject && <b className={classes.subject}>{item.subject}</b>}
          {item.text}
        </div>
      )}
      {item.attachments.map((file) => (
        <span key={file.name} className={classes.file}>
          {file.type.startsWith("image/") ? (
            <IconPhoto size={16} stroke={1.75} aria-hidden />
          ) : (
            <IconFile size={16} stroke={1.75} aria-hidden />
          )}
          <span className="ellipsis">{file.name}</span>
          <span className="dim num">{size(file.sizeBytes)}</span>
        </span>
      ))}
      <div className={classes.state}>
        <time dateTime={item.at} title={exactTime(item.at)} className="num">
          {clockTime(item.at)}
        </time>
        {item.messageId === null ? <Word status="delivered" /> : <TellMenu item={item} told={told ?? "delivered"} />}
      </div>
    </div>
  )
}

function Word({ status }: { status: ToldStatus }) {
  const { t } = useLingui()
  const { icon: Glyph, word } = states[status]
  return (
    <span className={classes.word} data-trouble={status === "failed" || undefined}>
      <Glyph size={14} stroke={1.75} aria-hidden />
      {t(word)}
    </span>
  )
}

function TellMenu({ item, told }: { item: Delivered; told: ToldStatus }) {
  const { t } = useLingui()
  const word = t(states[told].word)
  const tell = useMutation({
    mutationFn: (status: ToldStatus) => api.post(`/sandbox/deliveries/${item.id}/statuses`, { status }),
    onSuccess: (_, status) => {
      keepTold(item.id, status)
      announce("status", t`Told: ${t(states[status].word)}`)
    },
    onError: toastProblem,
  })
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <UnstyledButton
          className={classes.tell}
          aria-label={t`State of this message: ${word}. Change it`}
          disabled={tell.isPending}
        >
          <Word status={told} />
          <IconChevronDown size={12} stroke={1.75} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Trans>The customer's side tells</Trans>
        </Menu.Label>
        {choices.map((status) => {
          const { icon: Glyph, word: label } = states[status]
          return (
            <Menu.Item key={status} leftSection={<Glyph size={16} stroke={1.75} />} onClick={() => tell.mutate(status)}>
              {t(label)}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}

function size(bytes: number): string {
  const [value, unit] =
    bytes < 1_000_000
      ? [Math.max(1, Math.round(bytes / 1000)), "kilobyte"]
      : [Math.round(bytes / 100_000) / 10, "megabyte"]
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(value)
}
