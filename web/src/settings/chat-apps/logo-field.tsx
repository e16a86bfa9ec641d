import { Button, FileButton, Group, Text } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { IconUpload } from "@tabler/icons-react"
import { useMutation } from "@tanstack/react-query"
import { type ChatApp, logoBytesMax } from "../../../../src/core/chat/chat-app.ts"
import { ApiProblem, api } from "../../api.ts"
import classes from "./chat-apps.module.css"

type Props = { app: ChatApp; logoId: string | null; onChange: (logoId: string | null) => void }

const types = "image/png,image/jpeg,image/gif,image/webp"

/** A picture for the head of the chat. It goes up at once, so that the preview has it, and counts once it is saved. */
export function LogoField({ app, logoId, onChange }: Props) {
  const { t } = useLingui()
  const upload = useMutation({
    mutationFn: (file: File) => {
      const form = new FormData()
      form.append("file", file)
      return api.upload<{ logoId: string }>(`/chat-apps/${app.id}/logos`, form)
    },
    onSuccess: (made) => onChange(made.logoId),
  })
  const refusal = upload.error instanceof ApiProblem ? upload.error.code : null
  const error =
    refusal === "type_not_supported"
      ? t`Use a PNG, JPEG, GIF or WebP picture.`
      : refusal === "too_large"
        ? t`This picture is larger than 512 KB.`
        : upload.error?.message
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own
    <div role="group" aria-labelledby="chat-logo" aria-describedby={error ? "chat-logo-error" : undefined}>
      <Text size="sm" fw={500} mb={4} id="chat-logo">
        <Trans>Logo</Trans>
      </Text>
      <Group gap="sm">
        {logoId && <img className={classes.logo} src={`/widget/apps/${app.appId}/logos/${logoId}`} alt={t`The logo`} />}
        <FileButton
          accept={types}
          onChange={(file) => {
            // The server looks at its bytes; here only what need not be sent.
            if (file) upload.mutate(file)
          }}
        >
          {(props) => (
            <Button
              {...props}
              variant="default"
              loading={upload.isPending}
              leftSection={<IconUpload size={18} stroke={1.75} />}
            >
              {logoId ? <Trans>Replace logo</Trans> : <Trans>Upload logo</Trans>}
            </Button>
          )}
        </FileButton>
        {logoId && (
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              upload.reset()
              onChange(null)
            }}
          >
            <Trans>Remove logo</Trans>
          </Button>
        )}
      </Group>
      {error ? (
        <Text size="xs" mt={4} c="var(--sb-overdue)" id="chat-logo-error" role="alert">
          {error}
        </Text>
      ) : (
        <Text size="xs" mt={4} c="dimmed">
          <Trans>PNG, JPEG, GIF or WebP, at most {logoBytesMax / 1024} KB. A square one looks best.</Trans>
        </Text>
      )}
    </div>
  )
}
