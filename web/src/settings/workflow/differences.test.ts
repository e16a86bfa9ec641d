import { expect, test } from "vitest"
import { differences } from "./differences.ts"

test("only what differs is sent, a cleared value as null", () => {
  const before = {
    mail: { assignTo: "same_agent", sameAgentSeconds: 60 },
    autoAwaySeconds: 900,
    topicRequiredToClose: false,
  }
  const after = {
    mail: { assignTo: "next_available", sameAgentSeconds: 60 },
    autoAwaySeconds: null,
    topicRequiredToClose: false,
  }
  expect(differences(before, after)).toEqual({ mail: { assignTo: "next_available" }, autoAwaySeconds: null })
  expect(differences(before, before)).toEqual({})
})
