import { Anchor, Button, useComputedColorScheme } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { Attachment, Message } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { guessedHeight, mailDocument, remotePictures } from "./mail-document.ts"
import classes from "./timeline.module.css"

const nonce = () => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ""
const foldedHeightPx = 420

/** A mail's body: plain text as it is, HTML in a frame that runs nothing and loads nothing by itself. */
export function MailBody({ message }: { message: Message }) {
  return message.html ? <HtmlBody message={message} html={message.html} /> : <TextBody message={message} />
}

function TextBody({ message }: { message: Message }) {
  const [unfolded, setUnfolded] = useState(false)
  const { foldFrom } = message.flags
  const cut =
    typeof foldFrom === "number" && foldFrom > 0 && foldFrom < message.text.length ? foldFrom : message.text.length
  const { t } = useLingui()
  return (
    <div className={classes.mailText} dir="auto">
      {message.text.slice(0, cut).trimEnd()}
      {cut < message.text.length && (
        <>
          <div>
            <Button
              size="compact-xs"
              variant="default"
              aria-expanded={unfolded}
              aria-label={unfolded ? t`Hide the quoted part` : t`Show the quoted part`}
              onClick={() => setUnfolded(!unfolded)}
            >
              …
            </Button>
          </div>
          {unfolded && <div className={classes.quoted}>{message.text.slice(cut)}</div>}
        </>
      )}
    </div>
  )
}

function HtmlBody({ message, html }: { message: Message; html: string }) {
  const { t } = useLingui()
  const scheme = useComputedColorScheme("light")
  const [isWhole, setWhole] = useState(false)
  const [withRemote, setWithRemote] = useState(false)
  const remote = remotePictures(html)
  const inline = message.attachments.filter((attachment) => attachment.contentId !== null && html.includes("data-cid"))
  const own = useQuery({
    queryKey: ["mail-pictures", message.id],
    queryFn: () => ownPictures(inline),
    enabled: inline.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const others = useQuery({
    queryKey: ["mail-pictures", message.id, "remote"],
    queryFn: () => remotePicturesOf(message.id, remote),
    enabled: withRemote,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const pictures = new Map([...(own.data ?? []), ...(others.data ?? [])])
  const height = guessedHeight(html, pictures.size)
  const isLong = height > foldedHeightPx
  return (
    <>
      {remote.length > 0 && !withRemote && (
        <div className={classes.mailNotice}>
          <Trans>Pictures from elsewhere are not loaded; loading them tells the sender that the mail was read.</Trans>{" "}
          <Anchor component="button" type="button" size="xs" onClick={() => setWithRemote(true)}>
            <Trans>Show images</Trans>
          </Anchor>
        </div>
      )}
      {others.isError && (
        <div className={classes.mailNotice}>
          <Trans>The pictures could not be loaded.</Trans>
        </div>
      )}
      <iframe
        className={classes.frame}
        title={t`Mail: ${message.subject ?? t`no subject`}`}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        srcDoc={mailDocument(html, { nonce: nonce(), pictures, scheme })}
        style={{ height: isWhole || !isLong ? Math.max(48, height) : foldedHeightPx }}
      />
      {isLong && (
        <Anchor component="button" type="button" size="xs" onClick={() => setWhole(!isWhole)}>
          {isWhole ? <Trans>Show less</Trans> : <Trans>Show the whole mail</Trans>}
        </Anchor>
      )}
    </>
  )
}

async function ownPictures(attachments: Attachment[]): Promise<[string, string][]> {
  return Promise.all(
    attachments.map(async (attachment): Promise<[string, string]> => {
      const { contentUrl } = await api.get<Attachment>(`/attachments/${attachment.id}`)
      return [attachment.contentId ?? "", await dataUrl(contentUrl)]
    }),
  )
}

async function remotePicturesOf(messageId: string, urls: string[]): Promise<[string, string][]> {
  const loaded = await Promise.allSettled(
    urls.map(
      async (url): Promise<[string, string]> => [
        url,
        await dataUrl(`/api/messages/${messageId}/pictures?url=${encodeURIComponent(url)}`),
      ],
    ),
  )
  const shown = loaded.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
  if (shown.length === 0) throw new Error("No picture could be loaded.")
  return shown
}

async function dataUrl(url: string): Promise<string> {
  const answer = await fetch(url, { credentials: "same-origin" })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  const blob = await answer.blob()
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
