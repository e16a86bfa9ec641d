import { expect, test } from "vitest"
import { cleanFileName } from "./name.ts"
import { servedType, typeOf } from "./type.ts"

test.each([
  ["../../etc/passwd", "passwd"],
  ["..\\..\\x.txt", "x.txt"],
  [".ht\u200baccess", "htaccess"],
  ["CON", "_CON"],
  ["con.txt", "_con.txt"],
  ["annexe\u202egpj.exe", "annexegpj.exe"],
  ["a\0b.html", "ab.html"],
  ["", "file"],
  ["...", "file"],
  ['a<b>:"c".svg', "a_b___c_.svg"],
  ["résumé 1.pdf", "résumé 1.pdf"],
])("reliability 38 %j is stored as %j", (given, stored) => {
  expect(cleanFileName(given)).toBe(stored)
})

test("reliability 38 a name of 300 characters keeps its extension", () => {
  const name = cleanFileName(`${"x".repeat(300)}.pdf`)
  expect(name).toHaveLength(150)
  expect(name.endsWith(".pdf")).toBe(true)
})

test("reliability 38 bytes decide the type; what a browser would run is given out as bytes", () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const script = new TextEncoder().encode("<script>alert(1)</script>")
  expect(typeOf("text/html", png)).toBe("image/png")
  expect(typeOf("image/png", script)).toBe("application/octet-stream")
  expect(typeOf("text/html; charset=utf-8", script)).toBe("text/html")
  expect(servedType("text/html")).toBe("application/octet-stream")
  expect(servedType("image/svg+xml")).toBe("application/octet-stream")
  expect(servedType("image/gif")).toBe("image/gif")
})
