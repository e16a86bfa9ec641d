import { Loader, UnstyledButton, VisuallyHidden } from "@mantine/core"
import { Trans } from "@lingui/react/macro"
import { IconFile, IconPhoto } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { Attachment } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { toastProblem } from "../../field/toast.tsx"
import classes from "./timeline.module.css"
import { locale } from "../../field/locale.ts"

/** Signed links live 300 s; a click takes a fresh one. */
export function AttachmentCard({ attachment }: { attachment: Attachment }) {
  const [busy, setBusy] = useState(false)
  const isImage = attachment.type.startsWith("image/")
  const open = async () => {
    setBusy(true)
    try {
      const { contentUrl } = await api.get<Attachment>(`/attachments/${attachment.id}`)
      const link = Object.assign(document.createElement("a"), { href: contentUrl, download: attachment.name })
      link.click()
    } catch (error) {
      toastProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <UnstyledButton className={classes.file} onClick={() => void open()} title={attachment.name}>
      <VisuallyHidden>
        <Trans>Download</Trans>{" "}
      </VisuallyHidden>
      {busy ? (
        <Loader size={14} />
      ) : isImage ? (
        <IconPhoto size={16} stroke={1.75} aria-hidden />
      ) : (
        <IconFile size={16} stroke={1.75} aria-hidden />
      )}
      <span className="ellipsis">{attachment.name}</span>
      <span className="dim num">{bytes(attachment.sizeBytes)}</span>
    </UnstyledButton>
  )
}

const linkSeconds = 240

/** A picture in a bubble, as the customer sent it. */
export function AttachmentPicture({ attachment }: { attachment: Attachment }) {
  const fresh = useQuery({
    queryKey: ["attachments", attachment.id],
    queryFn: ({ signal }) => api.get<Attachment>(`/attachments/${attachment.id}`, signal),
    staleTime: linkSeconds * 1000,
    initialData: attachment,
  }).data
  const [broken, setBroken] = useState(false)
  if (broken) return <AttachmentCard attachment={attachment} />
  return (
    <img
      className={classes.picture}
      src={fresh.contentUrl}
      alt={attachment.name}
      loading="lazy"
      onError={() => setBroken(true)}
    />
  )
}

export function isPicture(attachment: Attachment): boolean {
  return /^image\/(png|jpe?g|gif|webp)$/.test(attachment.type)
}

export function bytes(size: number): string {
  const [value, unit] =
    size < 1000 ? [size, "byte"] : size < 1_000_000 ? [size / 1000, "kilobyte"] : [size / 1_000_000, "megabyte"]
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: String(unit),
    unitDisplay: "short",
    maximumFractionDigits: Number(value) < 10 ? 1 : 0,
  }).format(Number(value))
}
