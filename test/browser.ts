import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { type BrowserServer, chromium } from "playwright"

/** One browser for all browser tests; they connect to its `wsEndpoint()`. */
export async function startBrowser(): Promise<BrowserServer> {
  const { path, env } = await findBrowser()
  return chromium.launchServer({
    executablePath: path,
    headless: true,
    // As root Chromium refuses its own sandbox; what the tests open is ours.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    env: { ...process.env, ...env },
  })
}

const installed = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"]

type Found = { path: string; env: Record<string, string> }

/** CHROMIUM_PATH, the machine's own, else the one that npm brought. Throws with what to do. */
export async function findBrowser(): Promise<Found> {
  const given = process.env.CHROMIUM_PATH
  if (given) {
    if (await runs(given, {})) return { path: given, env: {} }
    throw new Error(`CHROMIUM_PATH is ${given}, which does not run as a browser.`)
  }
  for (const path of installed) if (existsSync(path) && (await runs(path, {}))) return { path, env: {} }
  const brought = await findBrought().catch((error: unknown) => String(error))
  if (typeof brought === "object") return brought
  throw new Error(
    `No browser for the browser tests (${brought}): install Debian's chromium-headless-shell, or set CHROMIUM_PATH to a Chromium.`,
  )
}

/** @sparticuz/chromium, whose arguments we do not take: they switch web security off. */
async function findBrought(): Promise<Found | string> {
  const { default: sparticuz, inflate } = await import("@sparticuz/chromium")
  const path = await sparticuz.executablePath()
  if (await runs(path, {})) return { path, env: {} }
  // Its NSS libraries, for a machine that has none.
  const bin = join(import.meta.dirname, "../node_modules/@sparticuz/chromium/bin")
  const libraries = await inflate(join(bin, "al2023.tar.br"))
  const env = { LD_LIBRARY_PATH: join(libraries, "lib"), FONTCONFIG_PATH: join(tmpdir(), "fonts") }
  return (await runs(path, env)) ? { path, env } : `${path} does not run here`
}

async function runs(path: string, env: Record<string, string>): Promise<boolean> {
  const flags = ["--version", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])]
  return promisify(execFile)(path, flags, { env: { ...process.env, ...env }, timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}
