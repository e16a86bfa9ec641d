import { expect, test } from "vitest"
import { isOwnPath } from "./own-path.ts"

test.each([
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "\\\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "evil",
  "",
])("reliability 46 %j is no way back after sign-in", (to) => expect(isOwnPath(to)).toBe(false))

test.each(["/", "/work/c/0199a7c4?view=mine#last", "/settings//sms"])(
  "reliability 46 %j is a way back after sign-in",
  (to) => expect(isOwnPath(to)).toBe(true),
)
