import { expect, test } from "vitest"
import type { Authentication } from "./message.ts"
import { senderDoubt } from "./sender-doubt.ts"

const nothing: Authentication = { spf: "none", dkim: "none", dmarc: "none", sender: "none" }
const doubtOf = (found: Partial<Authentication>, isTest = false) =>
  senderDoubt({ authentication: { ...nothing, ...found }, test: isTest })

test("reliability 31 a failure is told, and so is that nothing proves the sender", () => {
  expect(doubtOf({ dmarc: "fail", sender: "fail" })).toEqual({ kind: "forged", failed: "DMARC" })
  expect(doubtOf({ spf: "fail", dkim: "fail" })).toEqual({ kind: "forged", failed: "SPF, DKIM" })
  expect(doubtOf({ spf: "fail" })).toEqual({ kind: "failed", failed: "SPF" })
  expect(doubtOf({})).toEqual({ kind: "unproven" })
  expect(doubtOf({ spf: "pass", dkim: "pass" })).toEqual({ kind: "unproven" })
})

test("reliability 31 who is proved is not doubted, whatever else failed on the way", () => {
  expect(doubtOf({ spf: "fail", dkim: "pass", dmarc: "pass", sender: "pass" })).toBeNull()
  expect(doubtOf({ spf: "pass", sender: "pass" })).toBeNull()
})

test("a check without an answer proves nothing, but of a mail that is played", () => {
  const noAnswer: Authentication = { spf: "error", dkim: "error", dmarc: "error", sender: "error" }
  expect(doubtOf(noAnswer)).toEqual({ kind: "unproven" })
  expect(doubtOf(noAnswer, true)).toBeNull()
})

test("what was not asked is not told: mails that are not checked yet, and those from before", () => {
  expect(senderDoubt({ authentication: null, test: false })).toBeNull()
  expect(doubtOf({ sender: undefined })).toBeNull()
})
