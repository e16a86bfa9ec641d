import { expect, test } from "vitest"
import { localeFor } from "./locale.ts"

test("words are of the catalogue, the region is the reader's", () => {
  expect(localeFor("en", "en-US")).toBe("en-US")
  expect(localeFor("en", "de")).toBe("en-DE")
  expect(localeFor("en", "pt-BR")).toBe("en-BR")
  expect(localeFor("en", "not a language")).toBe("en")
  const evening = new Date(2026, 10, 3, 20, 5)
  expect(evening.toLocaleTimeString(localeFor("en", "de"), { timeStyle: "short" })).toBe("20:05")
  expect(new Intl.RelativeTimeFormat(localeFor("en", "de"), { numeric: "auto" }).format(-1, "day")).toBe("yesterday")
})
