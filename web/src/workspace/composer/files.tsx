import { ActionIcon, FileButton, Loader, Tooltip } from "@mantine/core"
import { useLingui } from "@lingui/react/macro"
import { IconPaperclip, IconX } from "@tabler/icons-react"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import { bytes } from "../timeline/attachment-card.tsx"
import classes from "./composer.module.css"

type Props = { files: Attachment[]; busy: boolean; onRemove: (id: string) => void }

/** What goes along with the text. */
export function Files({ files, busy, onRemove }: Props) {
  const { t } = useLingui()
  if (files.length === 0 && !busy) return null
  return (
    <div className={classes.files}>
      {files.map((file) => (
        <span key={file.id} className={classes.fileChip}>
          <span className="ellipsis" title={file.name}>
            {file.name}
          </span>{" "}
          <span className="dim num">{bytes(file.sizeBytes)}</span>
          <ActionIcon size={24} aria-label={t`Remove ${file.name}`} onClick={() => onRemove(file.id)}>
            <IconX size={14} />
          </ActionIcon>
        </span>
      ))}
      {busy && <Loader size={16} aria-label={t`Uploading`} />}
    </div>
  )
}

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const { t } = useLingui()
  return (
    <FileButton multiple onChange={onFiles}>
      {(props) => (
        <Tooltip label={t`Attach files`}>
          <ActionIcon {...props} aria-label={t`Attach files`}>
            <IconPaperclip size={18} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
      )}
    </FileButton>
  )
}
