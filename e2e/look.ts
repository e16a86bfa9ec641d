import { join } from "node:path"
import axe from "axe-core"
import type { Page } from "playwright"
import { expect } from "vitest"

declare global {
  interface Window {
    axe?: typeof axe
  }
}

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

/**
 * No axe violation in light and dark, nothing wider than the screen, all at both sizes; with SHOTS_DIR also four
 * pictures to look at. Leaves the page at desktop size, light.
 */
export async function look(page: Page, name: string): Promise<void> {
  const found: string[] = []
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await nextFrame(page)
      const where = `${name} ${size} ${colorScheme}`
      if (process.env.SHOTS_DIR)
        await page.screenshot({ path: join(process.env.SHOTS_DIR, `${where.replaceAll(" ", "-")}.png`) })
      for (const violation of await violations(page)) found.push(`${where}: ${violation}`)
    }
    const sideways = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (sideways > 0) found.push(`${name} ${size}: ${sideways} px wider than the screen`)
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
  await page.setViewportSize(sizes.desktop)
  expect(found).toEqual([])
}

/** Until the page has drawn itself in the new size and scheme. */
function nextFrame(page: Page): Promise<void> {
  return page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))))
}

/** axe goes into each document once: to send and read it takes longer than to run it (70 ms and 60 ms). */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => window.axe !== undefined))) await page.evaluate(axe.source)
  return page.evaluate(async (tags) => {
    // What stands in a frame is a page of its own, with landmarks of its own.
    const result = await window.axe?.run({ exclude: ["iframe"] }, { runOnly: tags, resultTypes: ["violations"] })
    if (result === undefined) throw new Error("axe is not in the page")
    return result.violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map((node) => `${id}: ${node.html.slice(0, 160)}: ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`),
    )
  }, tags)
}
