import { join } from "node:path"
import { AxeBuilder } from "@axe-core/playwright"
import type { Page } from "playwright"
import { expect } from "vitest"

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

/**
 * No axe violation in light and dark, nothing wider than the screen at both sizes; with SHOTS_DIR also four pictures to
 * look at. Leaves the page at desktop size, light.
 */
export async function look(page: Page, name: string): Promise<void> {
  const found: string[] = []
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await page.waitForTimeout(60)
      if (process.env.SHOTS_DIR)
        await page.screenshot({ path: join(process.env.SHOTS_DIR, `${name}-${size}-${colorScheme}.png`) })
      if (size === "desktop") found.push(...(await violations(page, `${name} ${size} ${colorScheme}`)))
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

async function violations(page: Page, where: string): Promise<string[]> {
  // What stands in a frame is a page of its own, with landmarks of its own.
  const result = await new AxeBuilder({ page }).exclude("iframe").withTags(tags).analyze()
  return result.violations.flatMap((violation) =>
    violation.nodes
      .slice(0, 3)
      .map(
        (node) =>
          `${where}: ${violation.id}: ${node.html.slice(0, 160)}: ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`,
      ),
  )
}
