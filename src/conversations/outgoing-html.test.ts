import { expect, test } from "vitest"
import { textOfHtml } from "./outgoing-html.ts"

test("reliability 47 a text is made of the composer's HTML, and of what only begins tags in no time", () => {
  expect(textOfHtml('<p>One<br>two</p><ul><li class="a">three</li><li>four</li></ul>')).toBe(
    "One\ntwo\n\n- three\n- four",
  )
  const began = performance.now()
  for (let n = 0; n < 5; n++) textOfHtml("<li".repeat(33_000))
  // It took 2 s for each.
  expect(performance.now() - began).toBeLessThan(5_000)
})
