import type { Clock } from "../clock.ts"
import type { ChannelName } from "../core/channels.ts"
import type { Timers } from "../timers.ts"
import { type Caller, callerOf, signIn } from "./caller.ts"
import { chatApps, entryPoints, inboxes, organization, people, type PersonName, sections, topics } from "./company.ts"
import { type Customer, customers, type Moment, moments } from "./stories.ts"

export type DemoDeps = {
  /** Where the program listens. */
  url: string
  clock: Clock
  timers: Timers
  settled: (orgId: string) => Promise<void>
  password: string
  setupCode: string
}

const hourMs = 3_600_000
/** Business time in which the company sets itself up, before its first customer writes. */
const setupHoursAgo = 6 * 24

/**
 * Loads the demonstration through the program's own doors: set-up, settings, people and customers over the API, mails by
 * SMTP, texts by signed webhooks, while the business clock runs through the last days.
 */
export async function loadDemo(deps: DemoDeps): Promise<void> {
  const { clock } = deps
  const offsetMs = clock.offsetMs
  const end = clock.now().getTime()
  const goTo = (hoursAgo: number) => clock.setOffset(clock.offsetMs + (end - hoursAgo * hourMs - clock.now().getTime()))
  try {
    goTo(setupHoursAgo)
    const company = await found(deps)
    for (const moment of moments) {
      goTo(moment.hoursAgo)
      await deps.timers.runDue()
      await happen(company, moment)
      await deps.settled(company.orgId)
      await deps.timers.runDue()
      if ("from" in moment) await acceptOffers(company)
    }
  } finally {
    clock.setOffset(offsetMs)
  }
}

/** The company, with what was made so far by name. */
type Company = {
  orgId: string
  admin: Caller
  people: Map<PersonName, { id: string; call: Caller }>
  inboxIds: Map<string, string>
  topicIds: Map<string, string>
  stories: Map<string, Story>
}

type Story = { conversationId: string; channel: ChannelName; lastMessageId: string | null }

type Id = { id: string }

async function found({ url, password, setupCode }: DemoDeps): Promise<Company> {
  const [first, ...others] = people
  if (!first) throw new Error("a company without people")
  const user = { name: first.fullName, email: first.email, password }
  const setup = await signIn<{ organization: Id; user: Id }>(url, "/setup", { code: setupCode, organization, user })
  const admin = callerOf(url, setup.cookie)
  const company: Company = {
    orgId: setup.body.organization.id,
    admin,
    people: new Map([[first.name, { id: setup.body.user.id, call: admin }]]),
    inboxIds: new Map(),
    topicIds: new Map(),
    stories: new Map(),
  }
  for (const inbox of inboxes) company.inboxIds.set(inbox.name, (await admin<Id>("POST", "/inboxes", inbox)).id)
  for (const name of topics) company.topicIds.set(name, (await admin<Id>("POST", "/topics", { name })).id)
  for (const inbox of first.inboxes)
    await admin("PUT", `/inboxes/${company.inboxIds.get(inbox)}/members/${setup.body.user.id}`)
  for (const person of others) await invite(url, company, person, password)
  await openDoors(company)
  for (const { name, email, phone, visitor } of Object.values<Customer>(customers)) {
    if (visitor) continue
    await admin("POST", "/customers", {
      name,
      addresses: [
        { kind: "email", value: email },
        { kind: "phone", value: phone },
      ],
    })
  }
  return company
}

async function invite(
  url: string,
  { admin, inboxIds, people: known }: Company,
  person: (typeof people)[number],
  password: string,
): Promise<void> {
  const { name, fullName, email, roles } = person
  const invited = await admin<{ items: { link: string }[] }>("POST", "/invitations", {
    emails: [email],
    roles,
    inboxIds: person.inboxes.map((inbox) => inboxIds.get(inbox)),
  })
  const token = invited.items[0]?.link.split("#token=")[1]
  const accepted = await signIn<{ user: Id }>(url, "/invitations/acceptances", { token, name: fullName, password })
  known.set(name, { id: accepted.body.user.id, call: callerOf(url, accepted.cookie) })
}

/** Channel defaults first, for nothing may come in that has no Inbox; then the entry points, then their exceptions. */
async function openDoors({ admin, inboxIds }: Company): Promise<void> {
  const save = async (section: string, change: object) => {
    const { version } = await admin<{ version: number }>("GET", `/channel-routings/${section}`)
    await admin("PUT", `/channel-routings/${section}`, change, { "if-match": `"${version}"` })
  }
  const defaults = ({ inbox, slaMinutesText }: (typeof sections)[number]) => ({
    defaultInboxId: inboxIds.get(inbox),
    defaultSlaMinutesText: slaMinutesText,
  })
  for (const section of sections) await save(section.section, { ...defaults(section), exceptions: [] })
  const accounts = await admin<{ items: { id: string; carrier: string }[] }>("GET", "/carrier-accounts")
  const carrierAccountId = accounts.items.find((account) => account.carrier === "sandbox")?.id
  const ids = new Map<string, string>()
  const written = new Set<string | undefined>()
  for (const { channel, address, inbox } of entryPoints) {
    if (channel === "email") {
      const mailbox = await admin<Id & { entryPointId: string }>("POST", "/mailboxes", {
        address,
        senderName: organization.name,
      })
      ids.set(address, mailbox.entryPointId)
      const home = inbox ?? sections.find(({ section }) => section === "email")?.inbox
      // A first mail to a customer leaves from the first address of its Inbox.
      if (home && !written.has(home))
        await admin("PATCH", `/inboxes/${inboxIds.get(home)}`, { defaultMailboxId: mailbox.id }, { "if-match": "*" })
      written.add(home)
    } else if (channel === "chat")
      ids.set(
        address,
        (await admin<{ entryPointId: string }>("POST", "/chat-apps", { name: address, ...chatApps[address] }))
          .entryPointId,
      )
    else {
      const number = await admin<Id>("POST", "/phone-numbers", { carrierAccountId, e164: address, origin: "adopted" })
      ids.set(address, (await admin<Id>("PUT", `/phone-numbers/${number.id}/sms-activation`, {})).id)
    }
  }
  for (const section of sections) {
    const own = entryPoints.filter((entryPoint) => entryPoint.channel === section.section && entryPoint.inbox)
    const exceptions = own.map(({ address, inbox, slaMinutesText }) => ({
      entryPointId: ids.get(address),
      inboxId: inboxIds.get(inbox ?? ""),
      slaMinutesText: slaMinutesText ?? null,
    }))
    await save(section.section, { ...defaults(section), exceptions })
  }
}

async function happen(company: Company, moment: Moment): Promise<void> {
  if ("from" in moment) return write(company, moment)
  if ("begins" in moment) {
    const call = personOf(company, moment.begins).call
    await call("PUT", "/agents/me/status", { status: "logged_in" })
    await call("PUT", "/agents/me/availability", { availableFor: moment.serves })
    return
  }
  if ("ends" in moment) {
    await personOf(company, moment.ends).call("PUT", "/agents/me/availability", { availableFor: [] })
    return
  }
  const story = company.stories.get(moment.story)
  if (!story) throw new Error(`nobody wrote in ${moment.story}`)
  const path = `/conversations/${story.conversationId}`
  if ("answers" in moment) {
    const call = await hold(company, story, moment.answers)
    await call("POST", `${path}/messages`, { channel: story.channel, text: moment.text })
  } else if ("notes" in moment) {
    await personOf(company, moment.notes).call("POST", `${path}/notes`, { text: moment.text })
  } else if ("closes" in moment) {
    const call = await hold(company, story, moment.closes)
    await call("PUT", `${path}/closure`, { force: true, topicIds: [company.topicIds.get(moment.topic)] })
  } else if ("endsWithoutReply" in moment) {
    const call = await hold(company, story, moment.endsWithoutReply)
    await call("PUT", `${path}/no-reply-needed`)
  } else {
    await personOf(company, moment.transfers).call("PUT", `${path}/assignment`, {
      inboxId: company.inboxIds.get(moment.toInbox),
      note: moment.note,
    })
  }
}

/** A customer writes, along the channel's real way in. */
async function write(company: Company, moment: Extract<Moment, { from: unknown }>): Promise<void> {
  const channel = moment.to.includes("@") ? "email" : moment.to.startsWith("+") ? "sms" : "chat"
  const before = company.stories.get(moment.story)
  const taken = await company.admin<{
    conversationId: string | null
    messageId: string | null
    parkedReason: string | null
  }>("POST", "/sandbox/messages", {
    to: { channel, address: moment.to },
    from: senderOf(customers[moment.from], channel),
    text: moment.text,
    ...(moment.subject && { subject: moment.subject }),
    ...(moment.html && { html: moment.html }),
    ...(channel === "email" && before?.lastMessageId && { inReplyToId: before.lastMessageId }),
  })
  if (!taken.conversationId) throw new Error(`no conversation from ${moment.story}: ${taken.parkedReason}`)
  company.stories.set(moment.story, { conversationId: taken.conversationId, channel, lastMessageId: taken.messageId })
}

/** A visitor of the web site is somebody new, whom only the site could prove to be a known customer. */
function senderOf(customer: Customer, channel: "email" | "sms" | "chat") {
  const { name, email, phone } = customer
  if (channel === "chat") return { kind: "visitor", value: customer.visitor ?? email, name }
  return { value: channel === "email" ? email : phone, name }
}

/** Whoever is offered something takes it. */
async function acceptOffers(company: Company): Promise<void> {
  for (const { name } of people.filter((person) => person.roles.includes("agent"))) {
    const { call } = personOf(company, name)
    const offers = await call<{ items: { id: string }[] }>("GET", "/offers?status=pending")
    for (const { id } of offers.items) await call("PUT", `/offers/${id}/acceptance`)
  }
}

/** As the agent who has the conversation; else `preferred` takes it. */
async function hold(company: Company, { conversationId }: Story, preferred: PersonName): Promise<Caller> {
  const path = `/conversations/${conversationId}`
  const conversation = await company.admin<{ inboxId: string; assignment: { agentId: string } | null }>("GET", path)
  const holder = [...company.people.values()].find((person) => person.id === conversation.assignment?.agentId)
  if (holder) return holder.call
  const { id, call } = personOf(company, preferred)
  await company.admin("PUT", `${path}/assignment`, { inboxId: conversation.inboxId, agentId: id })
  return call
}

function personOf({ people: known }: Company, name: PersonName): { id: string; call: Caller } {
  const person = known.get(name)
  if (!person) throw new Error(`nobody is called ${name}`)
  return person
}

/** What the console shows: who can sign in. */
export function demoAccounts(password: string): string[] {
  return [
    `Demonstration accounts, all with the password ${password}:`,
    ...people.map(({ fullName, email, roles }) => `  ${email.padEnd(20)} ${fullName} (${roles.join(", ")})`),
  ]
}
