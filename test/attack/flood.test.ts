import { afterAll, beforeAll, expect, test } from "vitest"
import { addApp, hello, route, visit } from "../../src/channels/chat/test-rig.ts"
import { type Office, office } from "../contract/office.ts"

/** Nobody is flooded through us with what a stranger chose (reliability 34). */

let at: Office
let inboxId: string
beforeAll(async () => {
  at = await office({ RATE_LIMIT_FACTOR: "1" })
  inboxId = await at.inbox("Nobody serves")
})
afterAll(() => at?.server.close())

test("reliability 34 forged senders behind one mailbox get one automatic answer in a day", async () => {
  const { entryPointId } = await at.mailbox("help@retale.com")
  await at.save("email", inboxId)
  await at.workflow({ mail: { autoReply: { enabled: true, text: "We answer tomorrow." } } })
  for (const from of ["victim@example.com", "Victim+1@example.com", "victim+2@example.com", "other@example.com"])
    await at.mail(entryPointId, from, { subject: "Buy now", text: "at https://evil.example" })
  const answers = await at.events("contact.message_sent")
  expect(answers).toHaveLength(2)
  await at.api("GET", "/sandbox/deliveries?wait=10&address=other@example.com")
  const { items } = (await at.api("GET", "/sandbox/deliveries")).body
  expect(items.map((item: { to: string }) => item.to).sort()).toEqual(["other@example.com", "victim@example.com"])
  expect(JSON.stringify(items)).not.toMatch(/evil\.example|Buy now/)
})

test("reliability 30 a machine that answers our automatic answer, under another name each time, gets no second one", async () => {
  const { entryPointId } = await at.mailbox("loop@retale.com")
  await at.save("email", inboxId)
  const before = (await at.events("contact.message_sent")).length
  await at.mail(entryPointId, "first@desk.example", { subject: "Ticket received" })
  const ours = (await at.events("contact.message_sent")).at(-1)
  await at.api("GET", "/sandbox/deliveries?wait=10&address=first@desk.example")
  const { messageId } = ours.data
  for (let round = 0; round < 5; round++)
    await at.mail(entryPointId, `ticket-${round}@desk.example`, { subject: "Ticket received", inReplyToId: messageId })
  expect(await at.events("contact.message_sent")).toHaveLength(before + 1)
})

test("reliability 34 transcripts of chats go to an address three times an hour, whoever asks", async () => {
  const { url } = at.server
  await route(at.server, { defaultInboxId: inboxId })
  const { appId } = await addApp(at.server, "shop")
  for (let visitor = 0; visitor < 2; visitor++) {
    const page = await hello(url, appId, (await visit(url, appId)).visitorToken)
    await page.write("Buy at https://evil.example")
    for (let ends = 0; ends < 3; ends++) page.send({ type: "end", transcriptTo: "Mallory@example.com" })
    // What is said later is done later.
    await page.write("Done.")
    page.close()
  }
  await expect
    .poll(async () => (await at.api("GET", "/sandbox/deliveries?address=mallory@example.com")).body.items.length, {
      timeout: 10_000,
    })
    .toBe(3)
  await at.advance(60)
  expect((await at.api("GET", "/sandbox/deliveries?address=mallory@example.com&wait=1")).body.items).toHaveLength(3)
})

test("reliability 44 no identity holds a line break, by which another one would have the same signature", async () => {
  const { appId } = await addApp(at.server, "signed")
  for (const identity of [{ externalId: "a\nb" }, { externalId: "a", email: "b@example.com\nc" }]) {
    const body = JSON.stringify({ identity: { issuedAt: "2026-11-21T00:00:00Z", signature: "x", ...identity } })
    const answer = await fetch(`${at.server.url}/widget/apps/${appId}/visitors`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    })
    const { errors } = (await answer.json()) as { errors: { pointer: string; code: string }[] }
    expect([answer.status, errors.map((one) => one.code)]).toEqual([422, ["pattern"]])
  }
})
