import { Stack, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { type ChatApp, chatAppNamePattern } from "../../../../src/core/chat/chat-app.ts"
import { ApiProblem, api } from "../../api.ts"
import { Form, Refusal } from "../../field/form.tsx"
import { CreateInbox } from "../create-inbox.tsx"
import { AddWarning } from "../settings-page.tsx"
import { Dialog, DialogButtons } from "../../field/dialog.tsx"

type Props = { opened: boolean; onClose: () => void /** Names in use, lower case. */; taken: string[] }

/** The name is checked while it is typed; the warning of S52 stands above it. */
export function NewChatApp({ opened, onClose, taken }: Props) {
  const { t } = useLingui()
  return (
    <Dialog opened={opened} onClose={onClose} title={t`Create chat app`}>
      <NewChatAppForm taken={taken} />
    </Dialog>
  )
}

function NewChatAppForm({ taken }: Pick<Props, "taken">) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState("")
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: () => api.post<ChatApp>("/chat-apps", { name: name.trim() }),
    onSuccess: async (app) => {
      for (const key of ["chat-apps", "entry-points", "channel-routings", "entry-points-overview", "channels", "me"])
        void client.invalidateQueries({ queryKey: [key] })
      await navigate({ to: "/settings/channels/chat-apps/$chatAppId", params: { chatAppId: app.id } })
    },
  })
  const typed = name.trim()
  const wrong =
    typed && !chatAppNamePattern.test(typed)
      ? t`Letters, digits, dot, hyphen and underscore, no spaces.`
      : typed && taken.includes(typed.toLowerCase())
        ? t`This name is taken.`
        : undefined
  const problem = create.error instanceof ApiProblem ? create.error : null
  const error =
    wrong ??
    (tried && !typed
      ? t`Enter a name.`
      : (problem?.at("/name") ?? (problem?.code === "name_taken" ? t`This name is taken.` : undefined)))
  return (
    <Form
      onSubmit={() => {
        setTried(true)
        if (typed && !wrong) create.mutate()
      }}
    >
      <Stack gap="md">
        <AddWarning />
        {create.error && !error && (
          <Refusal>
            {problem?.code === "default_inbox_missing" ? (
              <>
                <Trans>Create an Inbox first: a chat must go somewhere.</Trans> <CreateInbox />
              </>
            ) : (
              create.error.message
            )}
          </Refusal>
        )}
        <TextInput
          label={t`Name`}
          description={t`As it appears in Entry Points, such as retale.com-shopping-cart.`}
          data-autofocus
          maxLength={100}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value)
            create.reset()
          }}
          error={error}
        />
        <DialogButtons pending={create.isPending} changed={typed !== ""}>
          <Trans>Create chat app</Trans>
        </DialogButtons>
      </Stack>
    </Form>
  )
}
