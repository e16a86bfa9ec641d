import { Anchor, Button, useComputedColorScheme } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { queryOptions, useQuery } from "@tanstack/react-query"
import { useLayoutEffect, useMemo, useRef, useState } from "react"
import type { Attachment, Message } from "../../../../src/core/conversations/message.ts"
import { api } from "../../api.ts"
import { hasQuotes, type MailDocument, mailDocument, remotePictures } from "./mail-document.ts"
import { LongMail } from "./long-mail.tsx"
import { Frame, MailFrame } from "./mail-frame.tsx"
import classes from "./timeline.module.css"

/** A mail's body: plain text as it is, HTML in a frame that runs nothing and loads nothing by itself. */
export function MailBody({ message }: { message: Message }) {
  return message.html ? <HtmlBody message={message} html={message.html} /> : <TextBody message={message} />
}

function TextBody({ message }: { message: Message }) {
  const [unfolded, setUnfolded] = useState(false)
  const { foldFrom } = message.flags
  const cut =
    typeof foldFrom === "number" && foldFrom > 0 && foldFrom < message.text.length ? foldFrom : message.text.length
  const { box, height } = useOwnHeight()
  return (
    <>
      <LongMail height={height}>
        <div ref={box} className={classes.mailText} dir="auto">
          {message.text.slice(0, cut).trimEnd()}
          {unfolded && <div className={classes.quoted}>{message.text.slice(cut)}</div>}
        </div>
      </LongMail>
      {cut < message.text.length && <QuoteButton opened={unfolded} onOpened={setUnfolded} />}
    </>
  )
}

function useOwnHeight() {
  const box = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(0)
  useLayoutEffect(() => {
    if (!box.current) return
    const shown = box.current
    setHeight(shown.offsetHeight)
    const observer = new ResizeObserver(() => setHeight(shown.offsetHeight))
    observer.observe(shown)
    return () => observer.disconnect()
  }, [])
  return { box, height }
}

function HtmlBody({ message, html }: { message: Message; html: string }) {
  const { t } = useLingui()
  const [withRemote, setWithRemote] = useState(false)
  const [withQuotes, setWithQuotes] = useState(false)
  const remote = remotePictures(html)
  const others = useQuery(remotePicturesQuery(message.id, remote, withRemote))
  const mail = useMailDocument(message, html, { withQuotes, remote: others.data })
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
      {others.isLoading && (
        <div className={classes.mailNotice}>
          <Trans>Loading the pictures …</Trans>
        </div>
      )}
      {others.isError && (
        <div className={classes.mailNotice}>
          <Trans>The pictures could not be loaded.</Trans>{" "}
          <Anchor
            component="button"
            type="button"
            size="xs"
            disabled={others.isFetching}
            onClick={() => void others.refetch()}
          >
            <Trans>Retry</Trans>
          </Anchor>
        </div>
      )}
      <MailFrame mail={mail} title={t`Mail: ${message.subject ?? t`no subject`}`} />
      {hasQuotes(html) && <QuoteButton opened={withQuotes} onOpened={setWithQuotes} />}
    </>
  )
}

/** The mail as it stands, as high as the window allows: for what is wide, or long. */
export function WholeMail({ message, html }: { message: Message; html: string }) {
  const { t } = useLingui()
  const remote = useQuery(remotePicturesQuery(message.id, remotePictures(html), false)).data
  const mail = useMailDocument(message, html, { withQuotes: true, remote })
  return <Frame mail={mail} title={t`Mail: ${message.subject ?? t`no subject`}`} />
}

type Shown = { withQuotes: boolean; remote: [string, string][] | undefined }

function useMailDocument(message: Message, html: string, { withQuotes, remote }: Shown): MailDocument {
  const scheme = useComputedColorScheme("light")
  const inline = message.attachments.filter((attachment) => attachment.contentId !== null && html.includes("data-cid"))
  const own = useQuery({
    queryKey: ["mail-pictures", message.id],
    queryFn: () => ownPictures(inline),
    enabled: inline.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  return useMemo(
    () => mailDocument(html, { pictures: new Map([...(own ?? []), ...(remote ?? [])]), scheme, withQuotes }),
    [html, own, remote, scheme, withQuotes],
  )
}

const remotePicturesQuery = (messageId: string, urls: string[], enabled: boolean) =>
  queryOptions({
    queryKey: ["mail-pictures", messageId, "remote"],
    queryFn: () => remotePicturesOf(messageId, urls),
    enabled,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })

function QuoteButton({ opened, onOpened }: { opened: boolean; onOpened: (opened: boolean) => void }) {
  const { t } = useLingui()
  return (
    <div>
      <Button
        size="compact-xs"
        variant="default"
        aria-expanded={opened}
        aria-label={opened ? t`Hide the quoted part` : t`Show the quoted part`}
        onClick={() => onOpened(!opened)}
      >
        …
      </Button>
    </div>
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
