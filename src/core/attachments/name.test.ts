import { expect, test } from "vitest"
import { cleanFileName } from "./name.ts"
import { sentType, servedType, typeOf } from "./type.ts"

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

test("reliability 47 a name of dots alone, and one that ends in many, cost no more than others", () => {
  const began = performance.now()
  for (let n = 0; n < 20; n++) cleanFileName(`a${".".repeat(100_000)}x`)
  // It took 20 s for each.
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(cleanFileName(`${"x".repeat(5_000)}.pdf`)).toMatch(/^x{146}\.pdf$/)
})

test("reliability 38 a carrier is told the type of what it sends on, and of nothing that a browser would run", () => {
  for (const type of ["image/heic", "audio/amr", "video/mp4", "text/vcard", "text/plain", "application/pdf"])
    expect(sentType(type)).toBe(type)
  for (const type of ["text/html", "text/javascript", "image/svg+xml", "application/javascript", "application/xml"])
    expect(sentType(type)).toBe("application/octet-stream")
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
