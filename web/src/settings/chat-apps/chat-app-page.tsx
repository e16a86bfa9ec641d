import { Button, Group, Tabs } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { t } from "@lingui/core/macro"
import { Trans, useLingui } from "@lingui/react/macro"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { useState } from "react"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import { ApiProblem, api } from "../../api.ts"
import { useCan } from "../../can.ts"
import { DraftConflict, isConflict, type Line } from "../../field/conflict.tsx"
import { useDraft } from "../../field/draft.ts"
import { Refusal } from "../../field/form.tsx"
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
import { RemovedChatApp } from "./remove-chat-app.tsx"
import type { PreviewScene } from "../../../../src/core/chat/widget-protocol.ts"
import { WidgetPreview } from "./widget-preview.tsx"

/** One chat app: how to install it, how it looks, what it says, when it is open; the widget itself beside it. */
export function ChatAppPage() {
  const { chatAppId } = useParams({ from: "/signed-in/settings/channels/chat-apps/$chatAppId" })
  const query = useQuery(chatAppQuery(chatAppId))
  const { t } = useLingui()
  if (query.data?.deletion) return <RemovedChatApp name={query.data.name} />
  if (query.data) return <ResourceState query={query}>{(app) => <Loaded key={app.id} app={app} />}</ResourceState>
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
  const kept = useDraft(app, draftOf)
  const { values: draft, changed } = kept
  const editable = can("chatApp.edit")
  const save = useMutation({
    mutationFn: ({ values, version }: { values: ChatAppDraft; version: number }) =>
      api.patch<ChatApp>(`/chat-apps/${app.id}`, values, version),
    onSuccess: (saved) => {
      kept.take(saved)
      client.setQueryData(["chat-apps", app.id], saved)
      void client.invalidateQueries({ queryKey: ["chat-apps"], exact: true })
      toast(t`${saved.name} saved. Pages show it at their next load.`)
    },
    onError: (error) => {
      if (isConflict(error)) void client.invalidateQueries({ queryKey: ["chat-apps", app.id] })
      const wrong = error instanceof ApiProblem && error.errors.map((each) => tabOf(each.pointer)).find(Boolean)
      if (wrong) showTab(wrong)
    },
  })
  const problem = save.error instanceof ApiProblem ? save.error : null
  const change = (part: Partial<ChatAppDraft>) => {
    if (save.error && !isConflict(save.error)) save.reset()
    kept.set(part)
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
          {isConflict(save.error) ? (
            <DraftConflict
              problem={save.error}
              name={app.name}
              draft={kept}
              current={app}
              lines={chatAppLines()}
              save={save}
            />
          ) : (
            save.error && (
              <Refusal mt="md">
                {save.error.message}
                {problem?.errors.map((error) => (
                  <div key={`${error.pointer} ${error.code}`}>{error.detail}</div>
                ))}
              </Refusal>
            )
          )}
          {editable && (
            <div className={classes.bar}>
              <span style={{ fontWeight: 500 }}>
                {changed ? <Trans>Changes not saved.</Trans> : <Trans>Everything is saved.</Trans>}
              </span>
              <span className="grow" />
              {changed && (
                <Button variant="subtle" color="gray" onClick={() => kept.take(app)}>
                  <Trans>Discard</Trans>
                </Button>
              )}
              <Button onClick={() => save.mutate(kept)} loading={save.isPending}>
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

/** Which tab holds the field of a pointer such as `#/quickActions/0/url`. */
function tabOf(pointer: string | undefined): string | undefined {
  const field = pointer?.split("/")[1] ?? ""
  return Object.entries(fieldsOf).find(([, fields]) => fields.includes(field))?.[0]
}

const fieldsOf: Record<string, string[]> = {
  install: ["allowedOrigins", "display"],
  look: ["appearance"],
  greeting: ["greeting", "questions", "quickActions"],
  hours: ["hours", "afterHoursText"],
}

function chatAppLines(): Line<ChatAppDraft>[] {
  const list = (values: string[]) => values.join(", ") || t`none`
  return [
    [t`Allowed sites`, ({ allowedOrigins }) => list(allowedOrigins)],
    [t`Only on pages`, ({ display }) => list(display.include)],
    [t`Not on pages`, ({ display }) => list(display.exclude)],
    [t`Look`, ({ appearance: { button, color, text } }) => list([button, color, text ?? ""].filter(Boolean))],
    [t`Side`, ({ appearance }) => (appearance.position === "bottom_left" ? t`Left` : t`Right`)],
    [t`Greeting`, ({ greeting }) => greeting || t`none`],
    [t`Ask for the name`, ({ questions }) => questions.name],
    [t`Ask for the e-mail address`, ({ questions }) => questions.email],
    [t`Quick actions`, ({ quickActions }) => list(quickActions.map((action) => action.label))],
    [t`Hours`, ({ hours }) => hoursText(hours)],
    [t`After-hours text`, ({ afterHoursText }) => afterHoursText || t`none`],
  ]
}

function hoursText(hours: ChatAppDraft["hours"]): string {
  if (!hours) return t`Always open`
  const { timeZone, ...days } = hours
  const ranges = Object.values(days).flatMap((day) => day.map(({ start, stop }) => `${start}–${stop}`))
  return `${ranges.join(", ")} ${timeZone}`
}
