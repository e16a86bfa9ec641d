import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { cutLongBodies } from "./cut.ts"
import { safeFileName } from "./file-name.ts"
import { foldFrom } from "./quoted-text.ts"
import { readMail } from "./read-mail.ts"

const eml = (...lines: string[]) => Buffer.from(`${lines.join("\r\n")}\r\n`)

test("headers, addresses and both bodies of an ordinary reply", async () => {
  const mail = await readMail(
    eml(
      "From: =?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <Joerg@Example.de>",
      "To: Billing <Billing@retale.example>, Team: a@retale.example, b@retale.example;",
      "Cc: c@retale.example",
      "Subject: =?UTF-8?B?UmU6IFJlY2hudW5nIPCfkbs=?=",
      "Message-ID: <two@example.de>",
      "References: <zero@desk.example>",
      " <one@desk.example>",
      "In-Reply-To: <one@desk.example>",
      "Date: Sat, 21 Nov 2026 11:41:00 +0100",
      "Content-Type: multipart/alternative; boundary=x",
      "",
      "--x",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
      "",
      "Danke, das passt.",
      "",
      "On Fri, Nov 20, 2026 at 9:00 AM Billing <billing@retale.example> wrote:",
      "> Does this help?",
      "--x",
      "Content-Type: text/html; charset=utf-8",
      "",
      '<p>Danke, das passt.</p><div class="gmail_quote">Does this help?</div>',
      "--x--",
    ),
  )
  expect(mail).toMatchObject({
    from: { address: "joerg@example.de", name: "Jörg Müller" },
    fromHeader: "Jörg Müller <Joerg@Example.de>",
    to: ["billing@retale.example", "a@retale.example", "b@retale.example"],
    cc: ["c@retale.example"],
    subject: "Re: Rechnung 👻",
    messageId: "two@example.de",
    references: ["zero@desk.example", "one@desk.example"],
    date: "2026-11-21T10:41:00.000Z",
    html: "<p>Danke, das passt.</p><details data-quote>Does this help?</details>",
    automatic: null,
    report: null,
    flags: {},
  })
  expect(mail.text.slice(0, mail.foldFrom ?? 0).trim()).toBe("Danke, das passt.")
})

test("a signature folds, a plain mail does not", () => {
  expect(foldFrom("Where is it?\n\nMaya")).toBeNull()
  const text = "Where is it?\n\n-- \nMaya Chen\nExample Inc."
  expect(text.slice(0, foldFrom(text) ?? 0).trim()).toBe("Where is it?")
})

test.each([
  [
    "a name that stands in the quote again",
    "Thanks\n\nMaya\n\n",
    "From: Retale <s@retale.example>\nSent: Monday\nTo: Maya Chen\nSubject: Order\n\nHi Maya,",
  ],
  [
    "an attribution over two lines",
    "Yes\n\n",
    "On Thu, Aug 19, 2021 at 2:07 PM Tejaswini from Email sender test <\nt@retale.example> wrote:\n\n> Any update?\n\n--\nSony",
  ],
  [
    "one that the parser does not know",
    "Danke!\n\n",
    "Am Mo., 3. Nov. 2026 um 10:41 Uhr schrieb Retale Support <\ns@retale.example>:\n\n> Hallo Maya,",
  ],
  [
    "no empty line above it",
    "Danke!\n",
    "Am Mo., 3. Nov. 2026 um 10:41 Uhr schrieb Retale <\ns@retale.example>:\n> Hallo",
  ],
])("quoted history folds from its first line: %s", (_, own, quoted) => {
  expect(foldFrom(own + quoted)).toBe(own.length)
})

test("answers between quotes and below them do not fold", () => {
  expect(foldFrom("Hi,\n\n> Which size?\nM please\n\n> Which color?\nBlue\n")).toBeNull()
  expect(
    foldFrom("On Nov 3, 2026, at 10:41 AM, Retale <s@retale.example> wrote:\n> Which size?\n\nM please\n"),
  ).toBeNull()
})

test("a header in the letters of an old sender is read as its body is, else as Western European", async () => {
  const mail = (subject: Buffer, type: string) =>
    readMail(
      Buffer.concat([
        Buffer.from("From: a@b.example\r\nX-Other: gr\u00fc\u00df\r\nSubject: "),
        subject,
        Buffer.from(`\r\nContent-Type: ${type}\r\n\r\nhello`),
      ]),
    )
  const western = await mail(Buffer.from("Forma\xe7\xe3o", "latin1"), "text/plain")
  expect(western.subject).toBe("Forma\u00e7\u00e3o")
  const japanese = await mail(Buffer.from("838165838b", "hex"), "text/plain; charset=Shift_JIS")
  expect(japanese.subject).toBe("\u30e1e\u30eb")
  expect(japanese.text).toBe("hello")
})

test("reliability 31 a name that is another address is no name", async () => {
  const from = async (header: string) => (await readMail(eml(`From: ${header}`, "", "x"))).from
  expect(await from('"ceo@bank.example" <eve@evil.example>')).toEqual({ address: "eve@evil.example", name: "" })
  expect((await from('"Eve (eve@evil.example)" <eve@evil.example>'))?.name).toBe("Eve (eve@evil.example)")
  expect(await from("Eve <eve@evil.example>")).toEqual({ address: "eve@evil.example", name: "Eve" })
})

test("a multipart mail without its boundary is read as it stands", async () => {
  const mail = await readMail(eml("From: a@b.example", "Content-Type: multipart/mixed;", "", "Where is it?", ""))
  expect(mail.text).toBe("Where is it?")
  expect((await readMail(eml("From: a@b.example", "", ""))).text).toBe("")
})

test("a bounce tells what failed, for whom, and of which mail", async () => {
  const mail = await readMail(bounce("sb.x@desk.example"))
  expect(mail.report).toEqual({
    action: "failed",
    status: "5.1.1",
    diagnostic: "550 5.1.1 <maya@example.com>: user unknown",
    finalRecipient: "maya@example.com",
    originalMessageId: "sb.x@desk.example",
  })
  expect(mail.automatic).toBe("report")
})

function bounce(messageId: string): Buffer {
  return eml(
    "From: MAILER-DAEMON@mx.example",
    "To: billing@retale.example",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
    "",
    "--r",
    "Content-Type: text/plain",
    "",
    "Sorry.",
    "--r",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example",
    "",
    "Final-Recipient: rfc822; maya@example.com",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 <maya@example.com>:",
    " user unknown",
    "--r",
    "Content-Type: text/rfc822-headers",
    "",
    `Message-ID: <${messageId}>`,
    "--r--",
  )
}

test("reliability 40 names of files are only names", () => {
  expect(safeFileName("../../etc/passwd", "f")).toBe("passwd")
  expect(safeFileName("C:\\Windows\\system32\\a.exe", "f")).toBe("a.exe")
  expect(safeFileName("\u200b.htaccess", "f")).toBe("htaccess")
  expect(safeFileName("invoice\u202efdp.exe\r\nX: y", "f")).toBe("invoicefdp.exeX_ y")
  expect(safeFileName("...", "file-1")).toBe("file-1")
  expect(safeFileName(null, "file-1")).toBe("file-1")
  expect(safeFileName(`${"a".repeat(500)}.pdf`, "f")).toHaveLength(200)
})

test("a long text body is cut, a long file is not", async () => {
  const line = "lorem ipsum dolor sit amet\r\n"
  const long = Buffer.from(`From: a@example.com\r\n\r\n${line.repeat(100_000)}`)
  const cut = cutLongBodies(long)
  expect(cut.truncated).toBe(true)
  expect(cut.bytes.length).toBeLessThan(1_100_000)
  expect((await readMail(long)).flags.truncated).toBe(true)
  const file = eml(
    "From: a@example.com",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "short",
    "--b",
    "Content-Type: application/pdf; name=a.pdf",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.alloc(3_000_000, 7).toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--b--",
  )
  const mail = await readMail(file)
  expect(mail.files[0]?.content.byteLength).toBe(3_000_000)
  expect(mail.flags).toEqual({})
})

const bombs: [string, () => Buffer][] = [
  [
    "10,000 parts",
    () =>
      Buffer.from(
        `From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\nContent-Type: text/plain; name=x\r\n\r\nx\r\n".repeat(10_000)}--b--\r\n`,
      ),
  ],
  [
    "a million boundaries",
    () =>
      Buffer.from(
        `From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n".repeat(1_000_000)}`,
      ),
  ],
  ["1 MB header line", () => Buffer.from(`From: a@b.example\r\nX-Long: ${"x".repeat(990_000)}\r\n\r\nhello\r\n`)],
  [
    "100,000 recipients",
    () =>
      Buffer.from(
        `From: a@b.example\r\nTo: ${Array.from({ length: 40_000 }, (_, i) => `u${i}@b.example`).join(",\r\n ")}\r\n\r\nhello\r\n`,
      ),
  ],
  [
    "comments in addresses",
    () =>
      Buffer.from(`From: a${"(".repeat(20_000)}@b.example\r\nTo: ${"(a)".repeat(30_000)}x@b.example\r\n\r\nhello\r\n`),
  ],
  [
    "encoded words",
    () => Buffer.from(`From: a@b.example\r\nSubject: ${"=?utf-8?q?=41?=\r\n ".repeat(20_000)}\r\n\r\nhello\r\n`),
  ],
  ["references", () => Buffer.from(`From: a@b.example\r\nReferences: ${"<a@b> ".repeat(100_000)}\r\n\r\nhello\r\n`)],
  [
    "quotes",
    () =>
      Buffer.from(
        `From: a@b.example\r\n\r\n${"> ".repeat(400_000)}\r\n${"\n>On \n".repeat(20_000).replaceAll("\n", "\r\n")}`,
      ),
  ],
  [
    "nested mails",
    () =>
      Buffer.from(
        `From: a@b.example\r\n${"Content-Type: message/rfc822\r\n\r\n".repeat(1_000)}From: x@y.example\r\n\r\nin\r\n`,
      ),
  ],
]

describe("reliability 51", () => {
  test.each(bombs)("reliability 51 %s are read within limits, or refused with a reason, in 2 s", async (_, make) => {
    const raw = make()
    const before = performance.now()
    const mail = await readMail(raw).catch((error: Error) => error)
    expect(performance.now() - before).toBeLessThan(4_000)
    if (mail instanceof Error) return expect(mail.message).not.toBe("")
    expect(mail.files.length).toBeLessThanOrEqual(100)
    expect(mail.to.length).toBeLessThanOrEqual(200)
    expect(mail.references.length).toBeLessThanOrEqual(100)
  })

  test("reliability 51 a thousand levels are refused, not followed", async () => {
    const levels = Array.from(
      { length: 1_000 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    )
    await expect(readMail(Buffer.from(`From: a@b.example\r\n${levels.join("")}`))).rejects.toThrow(/nesting/i)
  })
})

const replies = join(process.env.CORPUS_DIR ?? "../shared/data", "mime-email-reply-parser")
const replyFiles = (() => {
  try {
    return readdirSync(replies, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".txt"))
  } catch {
    return []
  }
})()

test.skipIf(replyFiles.length === 0)("replies with quotes and signatures fold in time (CORPUS_DIR)", () => {
  for (const name of replyFiles) {
    const text = readFileSync(join(replies, name), "utf8")
    const before = performance.now()
    foldFrom(text)
    expect(performance.now() - before, name).toBeLessThan(1_000)
  }
})
