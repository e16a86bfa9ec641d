import { expect, test } from "vitest"
import { channelNames, channels, groupOf, sectionOf, sections, tierOfGroup } from "./channels.ts"

test("S1 S7 S10 the channels fall into three groups, voice served first and mail last", () => {
  const groups = new Map(channelNames.map((name) => [name, groupOf(name)]))
  expect(Object.fromEntries(groups)).toEqual({
    voice: "voice",
    sms: "messaging",
    email: "mail",
    chat: "messaging",
    instagram: "messaging",
    facebook: "messaging",
    whatsapp: "messaging",
    twitter_dm: "messaging",
    voicemail: "mail",
  })
  expect(tierOfGroup).toEqual({ voice: 0, messaging: 1, mail: 2 })
})

test("S4 only X is optional", () => {
  expect(channelNames.filter((name) => channels[name].optional)).toEqual(["twitter_dm"])
})

test("sections stand in the page's order; exit nodes have their own, voicemail has none", () => {
  expect(sections.join(" ")).toBe("email voice ivr sms chat facebook instagram whatsapp twitter_dm")
  expect(sectionOf("voice", "exit_node")).toBe("ivr")
  expect(sectionOf("voice", "phone")).toBe("voice")
  expect(sectionOf("sms", "phone")).toBe("sms")
  expect(sectionOf("voicemail", "phone")).toBeNull()
})
