import { expect } from "vitest"
import { type Answer, type Api, type TestServer, testServer } from "../server.ts"

/** What an outside tester does again and again, by the API alone. Each answers what the API answered, checked for success. */
export type Office = {
  server: TestServer
  api: Api
  /** Jordan by cookie: what needs a person. */
  jordan: Api
  inbox(name: string, slaMinutesText?: string, agentIds?: string[]): Promise<string>
  mailbox(address: string): Promise<{ id: string; entryPointId: string }>
  /** A chat app's entry point. */
  chatApp(name: string): Promise<string>
  /** A sandbox number with text messages on. */
  number(e164: string): Promise<{ id: string; entryPointId: string }>
  agent(name: string, inboxIds: string[]): Promise<{ id: string; api: Api }>
  /** Saves a section over whatever stands there. */
  save(
    section: string,
    defaultInboxId: string,
    exceptions?: ExceptionRow[],
    defaultSlaMinutesText?: string | null,
  ): Promise<Answer["body"]>
  section(section: string): Promise<Answer["body"]>
  mail(entryPointId: string, from: string, more?: object): Promise<Answer["body"]>
  text(entryPointId: string, from: string, text?: string, more?: object): Promise<Answer["body"]>
  conversation(id: string): Promise<Answer["body"]>
  /** Moves the business clock. */
  advance(seconds: number): Promise<Answer["body"]>
  /** All events of these types so far, oldest first. */
  events(...types: string[]): Promise<Answer["body"][]>
  workflow(change: object): Promise<void>
}

export type ExceptionRow = { entryPointId: string; inboxId: string; slaMinutesText?: string | null }

export async function office(env: Record<string, string> = {}): Promise<Office> {
  const server = await testServer(env)
  const { api } = server
  const good = async (answer: Promise<Answer>, ...statuses: number[]) => {
    const { status, body } = await answer
    expect(statuses, JSON.stringify(body)).toContain(status)
    return body
  }
  const write = async (entryPointId: string, from: object, more: object) => {
    const taken = await good(api("POST", "/sandbox/messages", { entryPointId, from, ...more }), 201)
    expect(taken.parked, taken.parkedReason).toBe(false)
    return taken
  }
  let sandboxAccountId: string | null = null
  return {
    server,
    api,
    jordan: server.as({ cookie: server.cookie }),
    inbox: async (name, slaMinutesText = "60", agentIds = []) =>
      (await good(api("POST", "/inboxes", { name, slaMinutesText, agentIds }), 201)).id,
    mailbox: (address) => good(api("POST", "/mailboxes", { address, senderName: "Retale" }), 201),
    chatApp: async (name) => (await good(api("POST", "/chat-apps", { name }), 201)).entryPointId,
    async number(e164) {
      sandboxAccountId ??= (await api("GET", "/carrier-accounts")).body.items[0].id
      const { id } = await good(
        api("POST", "/phone-numbers", { carrierAccountId: sandboxAccountId, e164, origin: "adopted" }),
        201,
      )
      const entryPoint = await good(api("PUT", `/phone-numbers/${id}/sms-activation`, { helpText: null }), 200)
      return { id, entryPointId: entryPoint.id }
    },
    async agent(name, inboxIds) {
      const person = await server.person({
        name,
        email: `${name.toLowerCase()}@retale.com`,
        roles: ["agent"],
        inboxIds,
      })
      return { id: person.id, api: person.api }
    },
    save: (section, defaultInboxId, exceptions = [], defaultSlaMinutesText = null) =>
      good(
        api(
          "PUT",
          `/channel-routings/${section}`,
          {
            defaultInboxId,
            defaultSlaMinutesText,
            exceptions: exceptions.map((row) => ({ slaMinutesText: null, ...row })),
          },
          { "if-match": "*" },
        ),
        200,
      ),
    section: (section) => good(api("GET", `/channel-routings/${section}`), 200),
    mail: (entryPointId, from, more = {}) =>
      write(entryPointId, { kind: "email", value: from }, { subject: "Hello", text: "Where is it?", ...more }),
    text: (entryPointId, from, text = "Hi", more = {}) =>
      write(entryPointId, { kind: "phone", value: from }, { text, ...more }),
    conversation: (id) => good(api("GET", `/conversations/${id}`), 200),
    advance: (seconds) => good(api("POST", "/sandbox/clock/advances", { seconds }), 200),
    events: async (...types) => (await good(api("GET", `/events?limit=1000&types=${types.join(",")}`), 200)).items,
    async workflow(change) {
      await good(api("PATCH", "/workflow-settings", change, { "if-match": "*" }), 200)
    },
  }
}

export const secondsBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000
