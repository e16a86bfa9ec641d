import { readdir, readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { domainEvents } from "./events.ts"

const source = fileURLToPath(new URL("..", import.meta.url))
const past =
  /(added|updated|removed|created|deleted|closed|reopened|merged|parked|replayed|discarded|released|queued|offered|transferred|started|fulfilled|ended|entered|exited|broken|logged_in|logged_out|went_away|returned_from_away|changed_active_reason|[a-z]+_(accepted|rejected|received|sent|seen|checked|serves))$/

test("every event that the program writes is in the list, and every one in the list is written", async () => {
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "core/events.ts",
  )
  const written = new Set<string>()
  for (const file of files) {
    const text = await readFile(`${source}/${file}`, "utf8")
    for (const [, type = ""] of text.matchAll(/"([a-z_]+\.[a-z_]+)"/g))
      if (past.test(type) && /\.event\(/.test(text)) written.add(type)
    for (const [, noun = ""] of text.matchAll(/event\(\s*`([a-z_]+)\.\$\{/g))
      for (const verb of noun === "opt_out" ? ["added", "removed"] : ["added", "updated", "removed"])
        written.add(`${noun}.${verb}`)
  }
  expect([...written].filter((type) => !(type in domainEvents)).toSorted()).toEqual([])
  const later = ["phone_number.released"]
  expect(
    Object.keys(domainEvents)
      .filter((type) => !written.has(type) && !later.includes(type))
      .toSorted(),
  ).toEqual([])
})
