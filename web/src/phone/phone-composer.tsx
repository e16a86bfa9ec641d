import { ActionIcon, Button, FileButton, Select, Textarea, TextInput, Tooltip } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconPaperclip, IconPhoto, IconX } from "@tabler/icons-react"
import { type KeyboardEvent, useRef, useState } from "react"
import type { EntryPoint } from "../../../src/core/entry-points/entry-point.ts"
import { entryPointName } from "../field/entry-point-label.tsx"
import { toastProblem } from "../field/toast.tsx"
import type { Delivered } from "./deliveries.ts"
import classes from "./phone.module.css"
import { sendAsCustomer } from "./send.ts"

type Props = {
  /** Of one channel. */
  entryPoints: EntryPoint[]
  preferred?: EntryPoint | undefined
  from: { address: string; name: string | null }
  afterId: string
  replyTo: Delivered | null
  /** Of the mail before this one. */
  subject?: string | null
  onSent?: () => void
}

/** A quick composer: text and pictures; a mail also has a subject. Enter sends what is short. */
export function PhoneComposer({ entryPoints, preferred, from, afterId, replyTo, subject: before, onSent }: Props) {
  const { t } = useLingui()
  const [chosen, setChosen] = useState<string | null>(null)
  const [text, setText] = useState("")
  const [subject, setSubject] = useState(() => answered(before))
  const [files, setFiles] = useState<File[]>([])
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const entryPoint = entryPoints.find(({ id }) => id === chosen) ?? preferred ?? entryPoints[0]
  if (!entryPoint) return null
  const isMail = entryPoint.channel === "email"
  const empty = text.trim() === "" && files.length === 0
  const send = async () => {
    if (empty || busy || from.address === "") return
    setBusy(true)
    const message = {
      entryPoint,
      from,
      subject: isMail ? subject.trim() || null : null,
      text,
      files,
      inReplyToId: isMail ? (replyTo?.messageId ?? null) : null,
      afterId,
    }
    try {
      const sending = sendAsCustomer(message)
      setText("")
      setFiles([])
      await sending
      onSent?.()
    } catch (error) {
      setText(text)
      toastProblem(error)
    } finally {
      setBusy(false)
      field.current?.focus()
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || event.shiftKey) return
    if (isMail && !event.metaKey && !event.ctrlKey) return
    event.preventDefault()
    void send()
  }
  return (
    <form
      className={classes.composer}
      aria-label={t`Write as the customer`}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <div className={classes.fields}>
        <Select
          size="xs"
          label={t`To`}
          className={classes.to}
          allowDeselect={false}
          searchable={entryPoints.length > 8}
          value={entryPoint.id}
          onChange={setChosen}
          data={entryPoints.map((each) => ({ value: each.id, label: entryPointName(each) }))}
        />
        {isMail && (
          <TextInput
            size="xs"
            label={t`Subject`}
            className="grow"
            maxLength={2000}
            value={subject}
            onChange={(event) => setSubject(event.currentTarget.value)}
          />
        )}
      </div>
      <Textarea
        ref={field}
        aria-label={isMail ? t`Mail of the customer` : t`Message of the customer`}
        placeholder={isMail ? t`Write a mail as the customer` : t`Write as the customer`}
        autosize
        minRows={isMail ? 3 : 1}
        maxRows={10}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {files.length > 0 && (
        <Chosen files={files} onRemove={(file) => setFiles(files.filter((each) => each !== file))} />
      )}
      <div className={classes.foot}>
        <FileButton accept={isMail ? undefined : "image/*"} multiple onChange={(more) => setFiles([...files, ...more])}>
          {(props) => (
            <Tooltip label={isMail ? t`Attach files` : t`Send a picture`}>
              <ActionIcon {...props} size={30} aria-label={isMail ? t`Attach files` : t`Send a picture`}>
                {isMail ? <IconPaperclip size={18} stroke={1.75} /> : <IconPhoto size={18} stroke={1.75} />}
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <span className="grow" />
        <Button type="submit" size="xs" disabled={empty || from.address === ""} loading={busy}>
          <Trans>Send as customer</Trans>
        </Button>
      </div>
    </form>
  )
}

function Chosen({ files, onRemove }: { files: File[]; onRemove: (file: File) => void }) {
  const { t } = useLingui()
  return (
    <ul className={classes.chosen}>
      {files.map((file) => (
        <li key={`${file.name} ${file.lastModified}`} className={classes.file}>
          <span className="ellipsis">{file.name}</span>
          <ActionIcon size={24} onClick={() => onRemove(file)} aria-label={t`Remove ${file.name}`}>
            <IconX size={14} stroke={1.75} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  )
}

function answered(subject: string | null | undefined): string {
  if (!subject) return ""
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`
}
