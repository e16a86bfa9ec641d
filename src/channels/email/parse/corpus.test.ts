import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { isTrial } from "../../../../test/trials.ts"
import { type MailRig, mailRig } from "../test-rig.ts"
import { activePart } from "./harmless-html.ts"

/** Hard mails of other parsers' suites, by real SMTP: each is one event, readable, raw byte for byte, in time. */
const folder = process.env.CORPUS_DIR ?? "../shared/data"
const shortCount = 50
const shortBytesMax = 2 * 1024 * 1024

const mails = corpus()

function corpus(): string[] {
  const found = folders().flatMap((name) => filesUnder(join(folder, name)))
  if (isTrial) return found
  const small = found.filter((path) => statSync(path).size <= shortBytesMax)
  const step = Math.max(1, Math.floor(small.length / shortCount))
  return small.filter((_, index) => index % step === 0).slice(0, shortCount)
}

function folders(): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith("mime-"))
  } catch {
    return []
  }
}

function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        !/(LICENSE|NOTES\.md|README|\.golden|\.json|\.png|\.gif|\.jpe?g|\.zip|\.yml)$/i.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

let rig: MailRig

beforeAll(async () => {
  rig = await mailRig()
  await rig.addMailbox("billing@retale.example")
})
beforeEach(() => void rig.accepted.splice(0))
afterAll(() => rig.close())

test.skipIf(mails.length === 0)(
  `reliability 50 ${isTrial ? "all" : "some"} mails of the corpus by SMTP (CORPUS_DIR)`,
  async () => {
    const slow: string[] = []
    const failed: string[] = []
    for (const path of mails) {
      // A client sends lines that end in CR LF; which is what is then kept byte for byte.
      const raw = Buffer.from(
        readFileSync(path)
          .toString("latin1")
          .replace(/\r\n|\r|\n/g, "\r\n"),
        "latin1",
      )
      rig.accepted.length = 0
      const before = performance.now()
      await rig.send({ to: "billing@retale.example", raw })
      if (performance.now() - before > 2_000) slow.push(path)
      expect(rig.accepted, path).toHaveLength(1)
      const [event] = rig.accepted
      const kept =
        event && "bytes" in event.raw
          ? event.raw.bytes
          : await rig.blobs.read(event && "sha256" in event.raw ? event.raw.sha256 : "")
      expect(
        kept.equals(raw.subarray(-2).equals(Buffer.from("\r\n")) ? raw : Buffer.concat([raw, Buffer.from("\r\n")])),
        path,
      ).toBe(true)
      expect(activePart(event?.content.html ?? ""), path).toBeNull()
      if (event?.mail?.flags?.parseFailed) failed.push(`${path}: ${event.mail.flags.parseFailure}`)
    }
    console.log(`corpus: ${mails.length} mails, not readable: ${failed.join("; ") || "none"}`)
    expect(slow).toEqual([])
    expect(failed.length).toBeLessThanOrEqual(mails.length / 20)
  },
  30 * 60_000,
)
