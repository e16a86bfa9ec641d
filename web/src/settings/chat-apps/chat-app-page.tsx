import { Alert, Button, Group, Tabs } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { useState } from "react"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { LeaveGuard } from "../../field/leave-guard.tsx"
import { ResourceState } from "../../field/resource-state.tsx"
import { toast } from "../../field/toast.tsx"
import { SettingsPage } from "../settings-page.tsx"
import classes from "./chat-apps.module.css"
import { chatAppQuery, type ChatAppDraft, draftOf } from "./chat-apps.queries.ts"
import { Installed, OpenState } from "./chat-apps-page.tsx"
import { GreetingTab } from "./greeting-tab.tsx"
import { HoursTab } from "./hours-tab.tsx"
import { InstallTab } from "./install-tab.tsx"
import { LookTab } from "./look-tab.tsx"
import type { PreviewScene } from "../../../../src/core/chat/widget-protocol.ts"
import { WidgetPreview } from "./widget-preview.tsx"

/** One chat app: how to install it, how it looks, what it says, when it is open; the widget itself beside it. */
export function ChatAppPage() {
  const { chatAppId } = useParams({ from: "/signed-in/settings/channels/chat-apps/$chatAppId" })
  const query = useQuery(chatAppQuery(chatAppId))
  const { t } = useLingui()
  if (query.data) return <Loaded key={query.data.id} app={query.data} />
  return (
    <SettingsPage title={t`Chat app`}>
      <ResourceState query={query}>{() => null}</ResourceState>
    </SettingsPage>
  )
}

/** What each tab changes is what the preview shows first. */
const sceneOf: Record<string, PreviewScene> = { look: "button", greeting: "greeting", hours: "closed" }

function Loaded({ app }: { app: ChatApp }) {
  const { t } = useLingui()
  const can = useCan()
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(app))
  const editable = can("chatApp.edit")
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(app))
  const save = useMutation({
    mutationFn: () => api.patch<ChatApp>(`/chat-apps/${app.id}`, draft, app.version),
    onSuccess: (saved) => {
      client.setQueryData(["chat-apps", app.id], saved)
      setDraft(draftOf(saved))
      void client.invalidateQueries({ queryKey: ["chat-apps"], exact: true })
      toast(t`${saved.name} saved. Pages show it at their next load.`)
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const change = (part: Partial<ChatAppDraft>) => {
    if (save.error) save.reset()
    setDraft((before) => ({ ...before, ...part }))
  }
  const [tabName, setTabName] = useState("install")
  const [scene, setScene] = useState<PreviewScene>("greeting")
  const showTab = (name: string) => {
    setTabName(name)
    setScene(sceneOf[name] ?? scene)
  }
  const isWide = useMediaQuery("(min-width: 68em)", true, { getInitialValueInEffect: false })
  const preview = (
    <WidgetPreview app={app} draft={draft} changed={changed} isWide={isWide} scene={scene} onScene={setScene} />
  )
  const tab = { draft, onChange: change, problem }
  return (
    <SettingsPage title={app.name} requiredRole={t`Administrator`}>
      <Group gap="sm" mb="md">
        <OpenState app={app} />
        <Installed app={app} />
      </Group>
      <LeaveGuard when={changed} question={<Trans>Leave without saving the changes to {app.name}?</Trans>} />
      <div className={classes.columns}>
        <div>
          <Tabs value={isWide && tabName === "preview" ? "look" : tabName} onChange={(name) => name && showTab(name)}>
            <Tabs.List mb="lg">
              <Tabs.Tab value="install">
                <Trans>Install</Trans>
              </Tabs.Tab>
              <Tabs.Tab value="look">
                <Trans>Look</Trans>
              </Tabs.Tab>
              <Tabs.Tab value="greeting">
                <Trans>Greeting and questions</Trans>
              </Tabs.Tab>
              <Tabs.Tab value="hours">
                <Trans>Hours</Trans>
              </Tabs.Tab>
              {!isWide && (
                <Tabs.Tab value="preview">
                  <Trans>Preview</Trans>
                </Tabs.Tab>
              )}
            </Tabs.List>
            <Tabs.Panel value="install">
              <InstallTab app={app} {...tab} />
            </Tabs.Panel>
            <Tabs.Panel value="look">
              <LookTab app={app} {...tab} />
            </Tabs.Panel>
            <Tabs.Panel value="greeting">
              <GreetingTab {...tab} />
            </Tabs.Panel>
            <Tabs.Panel value="hours">
              <HoursTab {...tab} />
            </Tabs.Panel>
            {!isWide && <Tabs.Panel value="preview">{preview}</Tabs.Panel>}
          </Tabs>
          {save.error && (
            <Alert color="red" variant="light" role="alert" mt="md" p="sm">
              {problem?.code === "version_conflict" ? (
                <Trans>Somebody changed this chat app meanwhile. Reload the page; your changes were not stored.</Trans>
              ) : (
                save.error.message
              )}
              {problem?.errors.map((error) => (
                <div key={`${error.pointer} ${error.code}`}>{error.detail}</div>
              ))}
            </Alert>
          )}
          {editable && (
            <div className={classes.bar}>
              <span style={{ fontWeight: 500 }}>
                {changed ? <Trans>Changes not saved.</Trans> : <Trans>Everything is saved.</Trans>}
              </span>
              <span className="grow" />
              {changed && (
                <Button variant="subtle" color="gray" onClick={() => setDraft(draftOf(app))}>
                  <Trans>Discard</Trans>
                </Button>
              )}
              <Button onClick={() => save.mutate()} loading={save.isPending}>
                <Trans>Save</Trans>
              </Button>
            </div>
          )}
        </div>
        {isWide && preview}
      </div>
    </SettingsPage>
  )
}
