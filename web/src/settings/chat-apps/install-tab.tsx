import { Button, CopyButton, Group, Stack, TagsInput, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconCheck, IconCopy } from "@tabler/icons-react"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { useCan } from "../../can.ts"
import classes from "./chat-apps.module.css"
import { IdentitySecret } from "./identity-secret.tsx"
import { RemoveChatApp } from "./remove-chat-app.tsx"
import type { TabProps } from "./tab.ts"

/** The snippet, what a strict page must allow, and which sites may show it. */
export function InstallTab({ app, draft, onChange, problem }: TabProps & { app: ChatApp }) {
  const { t } = useLingui()
  const can = useCan()
  const host = window.location.host
  const scheme = window.location.protocol === "https:" ? "wss" : "ws"
  return (
    <Stack gap="md">
      <Text size="sm">
        <Trans>
          Paste this line into your pages, before the end of the body. The first message arrives at once; nothing else
          is needed.
        </Trans>
      </Text>
      <code className={classes.code}>{app.snippet}</code>
      <Group>
        <CopyButton value={app.snippet}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              onClick={copy}
              leftSection={copied ? <IconCheck size={18} /> : <IconCopy size={18} stroke={1.75} />}
            >
              {copied ? <Trans>Copied</Trans> : <Trans>Copy snippet</Trans>}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Text size="sm" c="dimmed">
        <Trans>If your site sends a Content-Security-Policy, allow:</Trans>
      </Text>
      <code className={classes.code}>
        script-src {window.location.origin}; connect-src {window.location.origin} {scheme}://{host}
      </code>
      <TagsInput
        label={t`Allowed sites`}
        description={t`Such as https://retale.com. While the list is empty, any site may show this chat.`}
        splitChars={[",", " ", "\n"]}
        acceptValueOnBlur
        value={draft.allowedOrigins}
        onChange={(allowedOrigins) => onChange({ allowedOrigins: allowedOrigins.map(originOf) })}
        error={problem?.errors.find((error) => error.pointer?.startsWith("#/allowedOrigins"))?.detail}
      />
      <TagsInput
        label={t`Only on pages`}
        description={t`Paths such as /cart or /help/*. Empty: on all pages with the snippet.`}
        acceptValueOnBlur
        value={draft.display.include}
        onChange={(include) => onChange({ display: { ...draft.display, include } })}
      />
      <TagsInput
        label={t`Not on pages`}
        acceptValueOnBlur
        value={draft.display.exclude}
        onChange={(exclude) => onChange({ display: { ...draft.display, exclude } })}
      />
      <IdentitySecret app={app} />
      {can("chatApp.edit") && <RemoveChatApp app={app} />}
    </Stack>
  )
}

/** "https://retale.com/shop" → "https://retale.com". */
function originOf(typed: string): string {
  return URL.canParse(typed) && /^https?:/.test(typed) ? new URL(typed).origin : typed
}
