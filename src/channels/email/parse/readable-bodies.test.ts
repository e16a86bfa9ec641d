import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { readMail } from "./read-mail.ts"

const russian = "Здравствуйте! Мой заказ ещё не пришёл. Когда вы его отправите?"
const japanese = "こんにちは。注文した商品がまだ届いていません。いつ発送されますか。"

/** A text in the bytes of an old sender. */
const texts: Readonly<Record<string, readonly [text: string, base64: string]>> = {
  Big5: [
    "您好,我的訂單還沒有收到,請問什麼時候會寄出?謝謝。",
    "sXqmbiyn2qq6rXGz5sHZqFOms6asqOwsvdCw3aSwu/Kuya3Ut3yxSKVYP8HCwcKhQw==",
  ],
  GB18030: [
    "您好,我的订单还没有收到,请问什么时候会寄出?谢谢。",
    "xPq6wyzO0rXEtqm1pbu5w7vT0MrVtb0sx+vOysqyw7TKsbryu+G8xLP2P9C70Luhow==",
  ],
  Shift_JIS: [japanese, "grGC8YLJgr+CzYFCko2VtoK1gr2PpJVpgqqC3IK+k82CooLEgqKC3IK5gvGBQoKigsKUrZGXgrOC6oLcgreCqYFC"],
  "EUC-JP": [japanese, "pLOk86TLpMGkz6Gjw+3KuKS3pL++psnKpKyk3qTAxs+kpKTGpKSk3qS7pPOho6SkpMTIr8H3pLWk7KTepLmkq6Gj"],
  "EUC-KR": [
    "안녕하세요. 주문한 상품이 아직 도착하지 않았습니다. 감사합니다.",
    "vsiz58fPvLy/5C4gwda5rsfRILvzx7DAzCC+xsH3ILW1wvjHz8H2IL7KvtK9wLTPtNkuILCou+fH1bTPtNku",
  ],
  "KOI8-R": [russian, "+sTSwdfT1NfVytTFISDtz8og2sHLwdogxd2jIM7FINDSydujzC4g68/HxMEg19kgxcfPIM/U0NLB18nUxT8="],
  "windows-1251": [russian, "x+Tw4OLx8uLz6fLlISDM7ukg5+Dq4Ocg5fm4IO3lIO/w6Pi46y4gyu7j5OAg4vsg5ePuIO7y7/Dg4ujy5T8="],
  "windows-1253": [
    "Καλημέρα, η παραγγελία μου δεν έχει έρθει ακόμα. Ευχαριστώ.",
    "yuHr5+zd8eEsIOcg8OHx4ePj5evf4SDs7/Ug5OXtIN335ekg3fHo5ekg4er87OEuIMX19+Hx6fP0/i4=",
  ],
  "windows-1255": [
    "שלום, ההזמנה שלי עדיין לא הגיעה. מתי היא תישלח? תודה רבה",
    "+ezl7Swg5OTm7vDkIPns6SDy4+np7yDs4CDk4uny5C4g7vrpIOTp4CD66fns5z8g+uXj5CD44eQ=",
  ],
  "windows-1250": [
    "Gdzie jest moje zamówienie? Proszę o pilną odpowiedź, dziękuję.",
    "R2R6aWUgamVzdCBtb2plIHphbfN3aWVuaWU/IFByb3N66iBvIHBpbG65IG9kcG93aWVknywgZHpp6mt1auou",
  ],
  "windows-1252": [
    "Guten Tag, meine Bestellung ist noch nicht angekommen. Können Sie sagen, wann sie verschickt wird? Schöne Grüße",
    "R3V0ZW4gVGFnLCBtZWluZSBCZXN0ZWxsdW5nIGlzdCBub2NoIG5pY2h0IGFuZ2Vrb21tZW4uIEv2bm5lbiBTaWUgc2FnZW4sIHdhbm4gc2llIHZlcnNjaGlja3Qgd2lyZD8gU2No9m5lIEdy/N9l",
  ],
}

const bytesOf = (charset: string) => Buffer.from(texts[charset]?.[1] ?? "", "base64")

/** What is read of a mail with these fields above this body. */
const mailOf = (fields: readonly string[], body: Buffer | string) =>
  readMail(
    Buffer.concat([
      Buffer.from(`${["From: maya@example.com", ...fields].join("\r\n")}\r\n\r\n`),
      Buffer.from(body),
      Buffer.from("\r\n"),
    ]),
  )
const textOf = async (fields: readonly string[], body: Buffer | string) => (await mailOf(fields, body)).text

describe("the character set of a text", () => {
  test.each(Object.keys(texts))("%s is found where none is named, or the wrong one", async (charset) => {
    const text = texts[charset]?.[0]
    const body = bytesOf(charset)
    expect(await textOf([], body)).toBe(text)
    expect(await textOf(["Content-Type: text/plain; charset=us-ascii"], body)).toBe(text)
    expect(await textOf(["Content-Type: text/plain;", ' charset="utf-8"; format=flowed'], body)).toBe(text)
    expect(await textOf(["Content-Type: text/plain; charset=x-unknown"], body)).toBe(text)
    expect(
      await textOf(
        ["Content-Transfer-Encoding: base64"],
        (body.toString("base64").match(/.{1,76}/g) ?? []).join("\r\n"),
      ),
    ).toBe(text)
    expect(
      await textOf(
        ["Content-Transfer-Encoding: quoted-printable"],
        (body.toString("hex").match(/../g) ?? []).map((hex) => `=${hex.toUpperCase()}`).join(""),
      ),
    ).toBe(text)
  })

  test.each(["Big5", "GB18030", "Shift_JIS", "EUC-KR", "KOI8-R", "windows-1251"])(
    "%s under the name of Western European is found as well",
    async (charset) => {
      expect(await textOf(["Content-Type: text/plain; charset=iso-8859-1"], bytesOf(charset))).toBe(texts[charset]?.[0])
    },
  )

  test("what is named rightly stays, valid UTF-8 is UTF-8 whatever is named", async () => {
    for (const charset of Object.keys(texts)) {
      const type = `Content-Type: text/plain; charset=${charset}`
      expect(await textOf([type], bytesOf(charset))).toBe(texts[charset]?.[0])
    }
    for (const charset of ["us-ascii", "iso-8859-1", "koi8-r", "big5", "x-unknown"]) {
      expect(await textOf([`Content-Type: text/plain; charset=${charset}`], "Schöne Grüße — 您好")).toBe(
        "Schöne Grüße — 您好",
      )
    }
    const wide = Buffer.from(`\ufeff${japanese}`, "utf16le").toString("base64")
    expect(await textOf(["Content-Type: text/plain; charset=utf-16", "Content-Transfer-Encoding: base64"], wide)).toBe(
      japanese,
    )
    // Two letters of GBK that are one of UTF-8: what is said counts.
    const gbk = Buffer.from("c3b3d2d7", "hex")
    expect(await textOf(["Content-Type: text/plain; charset=gbk"], gbk)).toBe("贸易")
  })

  test("where the guess is not sure, no text is made up", async () => {
    expect(await textOf([], Buffer.from("Gr\xf6\xdfe", "latin1"))).toBe("Gr\ufffd\ufffde")
    expect(await textOf([], Buffer.from("vdCwaLTaLMHCwcI=", "base64"))).toContain("\ufffd")
    expect(await textOf(["Content-Type: text/plain; charset=iso-8859-1"], Buffer.from("Gr\xf6\xdfe", "latin1"))).toBe(
      "Größe",
    )
    // Letters that were cut in half on the way make UTF-8 no other set.
    const cut = Buffer.concat([Buffer.from(russian), Buffer.from([0xd0])])
    expect(await textOf([], cut)).toBe(`${russian}\ufffd`)
  })

  test("a short text is read in the set that the same mail names elsewhere", async () => {
    const short = Buffer.from("vdCwaLTaLMHCwcI=", "base64")
    expect(await textOf([`Subject: =?big5?B?${short.toString("base64")}?=`], short)).toBe("請退款,謝謝")
  })

  test("a document says itself what it is in", async () => {
    const short = Buffer.from('<html><head><meta charset="big5"></head><p>'.concat("\r\n"))
    const html = Buffer.concat([short, Buffer.from("vdCwaLTaLMHCwcI=", "base64"), Buffer.from("</p></html>")])
    const old = Buffer.from(
      html.toString("latin1").replace('charset="big5"', "http-equiv=Content-Type content='text/html; charset=big5'"),
      "latin1",
    )
    for (const body of [html, old]) {
      for (const type of ["text/html", "text/html; charset=us-ascii", "text/html; charset=utf-8"]) {
        expect(await mailOf([`Content-Type: ${type}`], body)).toMatchObject({
          text: "請退款,謝謝",
          html: expect.stringContaining("請退款,謝謝"),
        })
      }
    }
  })

  test("each part has its own", async () => {
    const mail = await mailOf(
      ['Content-Type: multipart/mixed; boundary="b"'],
      Buffer.concat([
        Buffer.from("--b\r\n\r\n"),
        bytesOf("KOI8-R"),
        Buffer.from('\r\n--b\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n--i\r\n\r\n'),
        bytesOf("Big5"),
        Buffer.from("\r\n--i--\r\n--b\r\nContent-Type: text/plain\r\n\r\n"),
        bytesOf("EUC-KR"),
        Buffer.from("\r\n--b\r\nContent-Disposition: attachment; filename=raw.txt\r\n\r\n"),
        bytesOf("windows-1251"),
        Buffer.from("\r\n--b--\r\nnobody reads this"),
      ]),
    )
    expect(mail.text.split("\n").filter((line) => line !== "")).toEqual([
      russian,
      texts.Big5?.[0],
      texts["EUC-KR"]?.[0],
    ])
    expect(Buffer.from(mail.files[0]?.content ?? []).toString("hex")).toContain(bytesOf("windows-1251").toString("hex"))
  })
})

const corpus = process.env.CORPUS_DIR ?? "../shared/data"
const others = (() => {
  const parsers: readonly string[] = [
    "mime-enmime/testdata/parts/chardet-success-big-5.raw",
    "mime-mikel-mail/spec/fixtures/emails/multi_charset/japanese_shift_jis.eml",
    "mime-mikel-mail/spec/fixtures/emails/multi_charset/ks_c_5601-1987.eml",
  ]
  try {
    return parsers.map((name) => readFileSync(join(corpus, name)))
  } catch {
    return []
  }
})()

test.skipIf(others.length === 0)(
  "mails of other suites, named and not, are read in their letters (CORPUS_DIR)",
  async () => {
    for (const raw of others) {
      const { text } = await readMail(raw)
      expect(text).not.toContain("\ufffd")
      expect(text).toMatch(/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}]{2}/u)
    }
  },
)

/** As `uuencode` of POSIX writes it. */
function uuencoded(content: Buffer, name: string, zero = "`"): string[] {
  const letter = (value: number) => (value === 0 ? zero : String.fromCharCode(value + 0x20))
  const lines: string[] = []
  for (let at = 0; at < content.length; at += 45) {
    const line = content.subarray(at, at + 45)
    let letters = letter(line.length)
    for (let i = 0; i < line.length; i += 3) {
      const three = ((line[i] ?? 0) << 16) | ((line[i + 1] ?? 0) << 8) | (line[i + 2] ?? 0)
      for (const shift of [18, 12, 6, 0]) letters += letter((three >> shift) & 0x3f)
    }
    lines.push(letters)
  }
  return [`begin 644 ${name}`, ...lines, zero, "end"]
}

const everyByte = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256))
const filesOf = ({ files }: Awaited<ReturnType<typeof readMail>>) =>
  files.map(({ name, content }) => [name, Buffer.from(content).toString("hex")])

describe("files in a text", () => {
  test.each([
    ["zeros as spaces", "", " "],
    ["zeros as accents", "", "`"],
    ["in quoted-printable", "Content-Transfer-Encoding: quoted-printable", "`"],
    ["in base64", "Content-Transfer-Encoding: base64", "`"],
  ])("a uuencoded file is a file, and the text is without it: %s", async (_, encoding, zero) => {
    const text = [
      "Hello,",
      ...uuencoded(everyByte, "all bytes.bin", zero),
      "between",
      ...uuencoded(Buffer.alloc(90), "b", zero),
      "bye",
    ]
    const plain = text.join("\r\n").replace(/ +(?=\r)/g, "")
    const body = encoding.endsWith("base64")
      ? Buffer.from(plain).toString("base64")
      : encoding === ""
        ? plain
        : plain.replaceAll("=", "=3D").replace(/(M.{40})/g, "$1=\r\n")
    const mail = await mailOf(encoding === "" ? [] : [encoding], body)
    expect(mail.text).toBe("Hello,\nbetween\nbye")
    expect(filesOf(mail)).toEqual([
      ["all bytes.bin", everyByte.toString("hex")],
      ["b", Buffer.alloc(90).toString("hex")],
    ])
    expect(mail.files[0]).toMatchObject({ type: "application/octet-stream", inline: false, contentId: null })
  })

  test("a picture is known by its bytes, a large one is whole, and a mail may be nothing else", async () => {
    const picture = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(3_000_000, 7)])
    const mail = await mailOf([], uuencoded(picture, "photo.png").join("\r\n"))
    expect(mail).toMatchObject({ text: "", flags: {}, files: [{ name: "photo.png", type: "image/png" }] })
    expect(Buffer.from(mail.files[0]?.content ?? []).equals(picture)).toBe(true)
  })

  test("reliability 40 its name is only a name", async () => {
    const mail = await mailOf([], uuencoded(everyByte, "../../etc/pass\u200bwd").join("\r\n"))
    expect(mail.files.map(({ name }) => name)).toEqual(["passwd"])
    const [begin, ...lines] = uuencoded(everyByte, "")
    const body = Buffer.concat([
      bytesOf("Big5"),
      Buffer.from(`\r\n${begin}`),
      Buffer.from("vdCwaLTa", "base64"),
      Buffer.from(`.doc\r\n${lines.join("\r\n")}`),
    ])
    expect(await mailOf([], body)).toMatchObject({ text: texts.Big5?.[0], files: [{ name: "請退款.doc" }] })
  })

  const whole = uuencoded(everyByte, "a.bin")
  test.each([
    ["no end", whole.slice(0, -1)],
    ["no line", ["begin 644 a.bin", "end"]],
    ["no name", ["begin 644 ", ...whole.slice(1)]],
    ["no mode", ["begin at last", ...whole.slice(1)]],
    ["a line that is too short", whole.with(3, whole[3]?.slice(0, 40) ?? "")],
    ["a line that is too long", whole.with(3, `${whole[3]}ABC`)],
    ["a letter that is none", whole.with(3, whole[3]?.replace(/.$/, "~") ?? "")],
    ["quoted", whole.map((line) => `> ${line}`)],
    ["another one inside", [...whole.slice(0, 4), "begin 644 b.bin", ...whole.slice(4, -1)]],
  ])("reliability 51 what is no whole file stays text: %s", async (_, lines) => {
    const mail = await mailOf([], ["see", ...lines, "thanks"].join("\r\n"))
    expect(mail.files).toEqual([])
    expect(mail.text).toBe(["see", ...lines, "thanks"].join("\n"))
  })

  test.each([
    ["thousands", Array.from({ length: 10_000 }, (_, index) => uuencoded(Buffer.from("x"), `${index}`)).flat(), 100],
    ["thousands that only begin", Array.from({ length: 200_000 }, () => "begin 644 x"), 0],
    ["one that never ends", ["begin 644 x", ...Array.from({ length: 400_000 }, () => whole[1] ?? "")], 0],
    ["one long line", ["begin 644 x", "M".repeat(20_000_000)], 0],
  ])("reliability 51 %s are bounded, and what is left stays text", async (_, lines, files) => {
    const before = performance.now()
    const mail = await mailOf([], lines.join("\r\n"))
    expect(performance.now() - before).toBeLessThan(4_000)
    expect(mail.files).toHaveLength(files)
    expect(mail.text.slice(0, 100)).toBe(
      lines
        .slice(files * 4)
        .join("\n")
        .slice(0, 100),
    )
  })
})
