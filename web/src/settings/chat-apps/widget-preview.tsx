import { Button, SegmentedControl, useComputedColorScheme } from "@mantine/core"
import { useDebouncedValue, useElementSize } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconExternalLink } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { type CSSProperties, useEffect, useRef, useState } from "react"
import type { ChatApp, WidgetBootstrap } from "../../../../src/core/chat/chat-app.ts"
import type { PreviewFrame, PreviewScene } from "../../../../src/core/chat/widget-protocol.ts"
import { useCan, useMe } from "../../can.ts"
import { StatusChip } from "../../field/status-chip.tsx"
import classes from "./chat-apps.module.css"
import { OpenState } from "./chat-apps-page.tsx"
import { type ChatAppDraft, chatAppPreviewQuery } from "./chat-apps.queries.ts"

type Props = {
  app: ChatApp
  draft: ChatAppDraft
  changed: boolean
  /** There is room for it beside the form. */
  isWide: boolean
  scene: PreviewScene
  onScene: (scene: PreviewScene) => void
}

/** Typing asks the server no more often than this. */
const askEveryMs = 200
/** Below 480 the widget takes the whole screen, as on a phone. */
const widths = { desktop: 720, phone: 390 }
type Size = keyof typeof widths

/** The real widget with what is being edited: the server says what a visitor would get, nothing is stored. */
export function WidgetPreview({ app, draft, changed, isWide, scene, onScene }: Props) {
  const { t } = useLingui()
  const [size, setSize] = useState<Size>(isWide ? "desktop" : "phone")
  const [scheme, setScheme] = useState<PreviewFrame["scheme"]>(useComputedColorScheme("light"))
  const [asked] = useDebouncedValue(draft, askEveryMs)
  const preview = useQuery(chatAppPreviewQuery(app, asked))
  // While a field is wrong the last right one stays.
  const [shown, setShown] = useState(preview.data)
  if (preview.data && preview.data !== shown) setShown(preview.data)
  const { ref, width } = useElementSize()
  const scale = Math.min(1, width / widths[size] || 1)
  return (
    <section className={classes.preview} aria-label={t`Preview`}>
      <div className={classes.previewHead}>
        <strong style={{ fontWeight: 600 }}>
          <Trans>Preview</Trans>
        </strong>
        <PreviewState failed={preview.isError} changed={changed} />
        {draft.hours && shown && <OpenState app={{ ...shown, hours: draft.hours }} />}
        <span className="grow" />
        <OpenOnPage app={app} />
      </div>
      <div className={classes.previewHead}>
        <SegmentedControl
          size="xs"
          aria-label={t`What the preview shows`}
          value={scene}
          onChange={(value) => onScene(value as PreviewScene)}
          data={[
            { value: "button", label: t`Button` },
            { value: "greeting", label: t`Greeting` },
            { value: "questions", label: t`Questions` },
            { value: "closed", label: t`Closed` },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label={t`Size of the preview`}
          value={size}
          onChange={(value) => setSize(value as Size)}
          data={[
            { value: "desktop", label: t`Desktop` },
            { value: "phone", label: t`Phone` },
          ]}
        />
        <SegmentedControl
          size="xs"
          aria-label={t`Scheme of the preview`}
          value={scheme}
          onChange={(value) => setScheme(value as PreviewFrame["scheme"])}
          data={[
            { value: "light", label: t`Light` },
            { value: "dark", label: t`Dark` },
          ]}
        />
      </div>
      <div ref={ref} className={classes.stage}>
        <div style={{ width: widths[size] * scale }}>
          <Frame
            app={shown}
            scene={scene}
            scheme={scheme}
            style={{
              width: widths[size],
              height: Math.round(stageHeight / scale),
              transform: `scale(${scale})`,
            }}
          />
        </div>
      </div>
    </section>
  )
}

const stageHeight = 620

function PreviewState({ failed, changed }: { failed: boolean; changed: boolean }) {
  if (failed)
    return (
      <StatusChip status="off">
        <Trans>Waits until every field is right</Trans>
      </StatusChip>
    )
  if (!changed) return null
  return (
    <StatusChip status="info">
      <Trans>With your changes, not saved</Trans>
    </StatusChip>
  )
}

/** What is saved, on a page of another origin, as a customer's site would show it. */
function OpenOnPage({ app }: { app: ChatApp }) {
  const can = useCan()
  const { organization } = useMe()
  if (!can("sandbox.use") || !organization.sandboxEnabled) return null
  return (
    <Button
      component="a"
      href={`/api/sandbox/pages/${app.appId}`}
      target="_blank"
      rel="noreferrer"
      size="compact-sm"
      variant="subtle"
      rightSection={<IconExternalLink size={14} />}
    >
      <Trans>Try it on a page</Trans>
    </Button>
  )
}

type FrameProps = Pick<PreviewFrame, "scene" | "scheme"> & { app: WidgetBootstrap | undefined; style: CSSProperties }

function Frame({ app, scene, scheme, style }: FrameProps) {
  const { t } = useLingui()
  const frame = useRef<HTMLIFrameElement>(null)
  const [ready, setReady] = useState(0)
  const sample = t`Where is my order?`
  useEffect(() => {
    const listen = ({ source, data }: MessageEvent<{ type?: unknown } | null>) => {
      if (source === frame.current?.contentWindow && data?.type === "switchboard:preview-ready")
        setReady((count) => count + 1)
    }
    addEventListener("message", listen)
    return () => removeEventListener("message", listen)
  }, [])
  useEffect(() => {
    if (ready === 0 || !app) return
    const message: PreviewFrame = { type: "switchboard:preview", app, scene, scheme, sample }
    // Its origin is nobody's: only the window can be named.
    frame.current?.contentWindow?.postMessage(message, "*")
  }, [ready, app, scene, scheme, sample])
  return (
    <iframe
      ref={frame}
      src="/widget/preview"
      title={t`The chat on a page`}
      style={style}
      sandbox="allow-scripts allow-forms allow-popups"
    />
  )
}
