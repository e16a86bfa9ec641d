import { fileURLToPath } from "node:url"
import { formatter } from "@lingui/format-po"

/** The source text is the key; a second language is one more file beside en.po. */
export default {
  rootDir: fileURLToPath(new URL(".", import.meta.url)),
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [{ path: "<rootDir>/src/locales/{locale}", include: ["<rootDir>/src"] }],
  format: formatter({ lineNumbers: false }),
}
