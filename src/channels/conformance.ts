import { expect, test } from "vitest"
import type { SendFailure, Sent } from "../delivery/failure.ts"
import type { InboundEvent } from "../intake/inbound-event.ts"
import type { Channel, OutboundMessage } from "./channel.ts"

/** What the other side of a channel does with the next message that we send. */
export type FarSide = "takes" | "refuses" | "is_busy" | "is_away"

/** One channel on a real wire, with an intake that the suite holds in its hand. */
export interface ChannelRig {
  readonly channel: Channel
  /**
   * A customer writes `text`; the same text is the same message, byte for byte and by the same id. Resolves with whether
   * the outside was told that it was taken.
   */
  receive(text: string): Promise<{ acknowledged: boolean }>
  /** What intake was given, repeats too. */
  readonly given: InboundEvent[]
  /** What intake does instead of taking: `null` takes. */
  setIntake(act: ((event: InboundEvent) => Promise<void>) | null): void
  /** A message to a customer, ready to be sent. */
  outbound(changes?: Partial<OutboundMessage>): OutboundMessage
  setFarSide(state: FarSide): Promise<void>
  /** How many messages reached the real other side. */
  reached(): number
  /** How many went to the sandbox's far end. */
  inSandbox(): Promise<number>
}

/**
 * What every channel must do, the same for all. A channel that has no such thing gives the reason in `skip`; a channel
 * is done when nothing else is skipped.
 */
export function channelConformance(name: string, rig: () => ChannelRig, skip: { [claim: string]: string } = {}): void {
  const claim = (title: string, check: (rig: ChannelRig) => Promise<void>) => {
    const reason = skip[title]
    test.skipIf(reason !== undefined)(`${name}: ${title}${reason ? ` (${reason})` : ""}`, async () => {
      rig().given.length = 0
      rig().setIntake(null)
      await check(rig())
    })
  }

  claim("the same event twice has one key, two events have two", async (rig) => {
    await rig.receive("one")
    await rig.receive("one")
    await rig.receive("two")
    const keys = rig.given.map((event) => `${event.entryPointId} ${event.externalId}`)
    expect(rig.given[0]?.content.text).toContain("one")
    expect(new Set(keys).size).toBe(2)
    expect(keys[0]).toBe(keys.at(rig.given.length > 2 ? 1 : 0))
  })

  claim("an event says where it came in, by which address, and what was received", async (rig) => {
    await rig.receive("where from?")
    const [event] = rig.given
    expect(event?.channel).toBe(rig.channel.name)
    expect(event?.from.value).not.toBe("")
    expect(event?.orgId).not.toBe("")
    const raw = event?.raw
    expect(raw && ("sha256" in raw ? raw.sha256 : raw.bytes.length > 0)).toBeTruthy()
  })

  claim("nothing is acknowledged before the commit", async (rig) => {
    let commit = () => {}
    const committed = new Promise<void>((resolve) => (commit = resolve))
    rig.setIntake(() => committed)
    let acknowledged = false
    const receiving = rig.receive("wait for it").then((answer) => {
      acknowledged = answer.acknowledged
    })
    await expect.poll(() => rig.given.length, { timeout: 5_000 }).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(acknowledged).toBe(false)
    commit()
    await receiving
    expect(acknowledged).toBe(true)
  })

  claim("what intake does not take is not acknowledged, and taken when it comes again", async (rig) => {
    rig.setIntake(() => Promise.reject(new Error("the store is away")))
    expect(await rig.receive("again please")).toEqual({ acknowledged: false })
    rig.setIntake(null)
    expect(await rig.receive("again please")).toEqual({ acknowledged: true })
  })

  claim("a message that the other side takes is sent, under an id by which it will speak of it", async (rig) => {
    await rig.setFarSide("takes")
    const before = rig.reached()
    const sent = await rig.channel.send(rig.outbound())
    expect(sent).toMatchObject({ ok: true, externalId: expect.any(String) })
    expect(rig.reached()).toBe(before + 1)
  })

  claim("a busy other side is tried again", async (rig) => {
    await rig.setFarSide("is_busy")
    expect(failure(await rig.channel.send(rig.outbound()))).toMatchObject({ retryable: true })
  })

  claim("an other side that cannot be reached is tried again", async (rig) => {
    await rig.setFarSide("is_away")
    expect(failure(await rig.channel.send(rig.outbound()))).toMatchObject({ retryable: true })
  })

  claim("a refusal is final, with a sentence for the agent", async (rig) => {
    await rig.setFarSide("refuses")
    const refused = failure(await rig.channel.send(rig.outbound()))
    expect(refused.retryable).toBe(false)
    expect(refused.text.length).toBeGreaterThan(10)
  })

  claim("a message of a test conversation never leaves, whatever is configured", async (rig) => {
    await rig.setFarSide("takes")
    const [reached, inSandbox] = [rig.reached(), await rig.inSandbox()]
    expect(await rig.channel.send(rig.outbound({ test: true }))).toMatchObject({ ok: true })
    expect(rig.reached()).toBe(reached)
    expect(await rig.inSandbox()).toBe(inSandbox + 1)
  })
}

function failure(outcome: Sent | SendFailure): SendFailure {
  if (outcome.ok) throw new Error("it was sent, and should not have been")
  return outcome
}
