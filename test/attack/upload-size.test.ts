import { expect, test } from "vitest"
import { addApp, route, visit } from "../../src/channels/chat/test-rig.ts"
import { testServer } from "../server.ts"

test("reliability 38 one address uploads 500 MB an hour to chats, also all at once: it alone cannot fill the disk", async () => {
  // A share of all quotas: of the megabytes 17.
  await using server = await testServer({ RATE_LIMIT_FACTOR: "0.034" })
  const { body } = await server.api("POST", "/inboxes", { name: "Chat", slaMinutesText: "1" })
  await route(server, { defaultInboxId: body.id })
  const { appId } = await addApp(server, "shop")
  const { visitorToken } = await visit(server.url, appId)
  const upload = async () => {
    const form = new FormData()
    form.append("file", new Blob([Buffer.alloc(10_000_000, "a")]), "a.bin")
    const answer = await fetch(`${server.url}/widget/apps/${appId}/attachments`, {
      method: "POST",
      headers: { authorization: `Bearer ${visitorToken}` },
      body: form,
    })
    await answer.arrayBuffer()
    return { status: answer.status, waits: Number(answer.headers.get("retry-after") ?? 0) > 120 }
  }
  const answers = await Promise.all([upload(), upload(), upload(), upload()])
  expect(answers.toSorted((a, b) => a.status - b.status)).toEqual([
    { status: 201, waits: false },
    { status: 201, waits: false },
    { status: 429, waits: true },
    { status: 429, waits: true },
  ])
  expect(await upload()).toEqual({ status: 429, waits: true })
})
