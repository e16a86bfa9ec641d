import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { activePart } from "./harmless-html.ts"
import { safeHtml, textOf } from "./safe-html.ts"

const hostile = JSON.parse(readFileSync(new URL("../cases/hostile-html.json", import.meta.url), "utf8")) as string[]

test.each(hostile.map((html, index) => [index, html]))(
  "reliability 35 hostile HTML %i runs and loads nothing",
  (_, html) => {
    const safe = safeHtml(html as string)
    expect(activePart(safe)).toBeNull()
    // Made harmless once, it stays as it is: nothing mutates into something else when it is read again.
    expect(safeHtml(safe)).toBe(safe)
  },
)

test("pictures of others and parts of the mail wait for the page to load them", () => {
  expect(safeHtml('<img src="https://a.example/b.png" alt="b">')).toBe(
    '<img alt="b" data-remote-src="https://a.example/b.png" />',
  )
  expect(safeHtml('<img src="cid:logo%40a">')).toBe('<img data-cid="logo@a" />')
  expect(safeHtml('<img src="data:image/png;base64,AAAA">')).toBe('<img src="data:image/png;base64,AAAA" />')
})

test("reliability 35 a mail leads to no page of ours, and its own marks of pictures are not believed", () => {
  for (const href of [
    "/api/session",
    "../settings",
    "?next=//evil.example",
    "#top",
    "//evil.example",
    "setup",
    "\\\\evil.example",
  ])
    expect(safeHtml(`<a href="${href}">x</a>`)).toBe('<a rel="noopener noreferrer nofollow" target="_blank">x</a>')
  for (const href of ["https://a.example/", "mailto:a@b.example", "tel:+14155550100"])
    expect(safeHtml(`<a href="${href}">x</a>`)).toContain(`href="${href}"`)
  expect(safeHtml('<img data-remote-src="javascript:alert(1)" data-cid="a&#10;b">')).toBe("<img />")
  expect(safeHtml('<img src="cid:a%0d%0ab">')).toBe('<img data-cid="ab" />')
})

test("harmless mail keeps its looks; quoted history folds", () => {
  const html = '<p style="color:#333333;text-align:center">Hi <b>there</b></p><blockquote type="cite">old</blockquote>'
  expect(safeHtml(html)).toBe(
    '<p style="color:#333333;text-align:center">Hi <b>there</b></p><details data-quote>old</details>',
  )
  expect(safeHtml('Yes<div class="gmail_quote">On Monday …</div>')).toBe("Yes<details data-quote>On Monday …</details>")
})

test("what Outlook puts below its mark folds up to the end, without a box around it", () => {
  const web =
    '<div><p>Yes</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Retale</div><div>Which size?</div></div>'
  expect(safeHtml(web)).toBe(
    "<div><p>Yes</p><details data-quote><div></div><hr /><div><b>From:</b> Retale</div><div>Which size?</div></details></div>",
  )
  const desktop =
    "<div class=WordSection1><p>Yes</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>From:</b> Retale</p></div></div><p>Which size?</p></div>"
  expect(safeHtml(desktop)).toMatch(/^<div><p>Yes<\/p><details data-quote>.*Which size\?<\/p><\/details><\/div>$/)
})

test("what is forwarded, and a mail that is nothing but its quote, is there to be read", () => {
  const forwarded =
    '<div>FYI</div><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------</div>Your order</div>'
  expect(safeHtml(forwarded)).not.toContain("<details")
  expect(safeHtml(forwarded)).toContain("Your order")
  expect(safeHtml('<div><br>&nbsp;</div><blockquote type="cite">old</blockquote>')).toContain(
    "<blockquote>old</blockquote>",
  )
  expect(safeHtml('<blockquote type="cite">old</blockquote><p>below</p>')).toBe(
    "<details data-quote>old</details><p>below</p>",
  )
})

test("reliability 51 hundreds of thousands of nested tags are cut in time", () => {
  const before = performance.now()
  const safe = safeHtml("<div>".repeat(200_000))
  expect(performance.now() - before).toBeLessThan(5_000)
  expect((safe.match(/<div>/g) ?? []).length).toBeLessThanOrEqual(200)
})

test("HTML without a text part is read as text", () => {
  expect(textOf(safeHtml("<p>One &amp; two</p><p>three<br>four &lt;b&gt;</p>"))).toBe("One & two\nthree\nfour <b>")
})
