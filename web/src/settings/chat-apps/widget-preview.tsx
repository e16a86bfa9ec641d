import { Button, SegmentedControl } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconExternalLink } from "@tabler/icons-react"
import { useState } from "react"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { useCan, useMe } from "../../can.ts"
import { StatusChip } from "../../field/status-chip.tsx"
import classes from "./chat-apps.module.css"

/** The real widget on a page of another origin, as a customer's site would show it; it shows what is saved. */
export function WidgetPreview({ app, changed }: { app: ChatApp; changed: boolean }) {
  const { t } = useLingui()
  const can = useCan()
  const { organization } = useMe()
  const [size, setSize] = useState("desktop")
  if (!can("sandbox.use") || !organization.sandboxEnabled) return null
  const page = `/api/sandbox/pages/${app.appId}`
  return (
    <section className={classes.preview} aria-label={t`Preview`}>
      <div className={classes.previewHead}>
        <strong style={{ fontWeight: 600 }}>
          <Trans>Preview</Trans>
        </strong>
        {changed && (
          <StatusChip status="info">
            <Trans>Shows what is saved</Trans>
          </StatusChip>
        )}
        <span className="grow" />
        <SegmentedControl
          size="xs"
          aria-label={t`Size of the preview`}
          value={size}
          onChange={setSize}
          data={[
            { value: "desktop", label: t`Desktop` },
            { value: "phone", label: t`Phone` },
          ]}
        />
        <Button
          component="a"
          href={page}
          target="_blank"
          rel="noreferrer"
          size="compact-sm"
          variant="subtle"
          rightSection={<IconExternalLink size={14} />}
        >
          <Trans>Open</Trans>
        </Button>
      </div>
      <iframe
        key={app.version}
        src={page}
        title={t`The chat on a page`}
        data-size={size}
        sandbox="allow-scripts allow-same-origin allow-forms"
      />
    </section>
  )
}
