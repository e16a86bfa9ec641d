import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { z } from "zod"

const folders = ["src", "web", "widget", "test", "e2e", "bench", "sim", "tools"]

/** Checks who imports whom; and that the checker still sees, for without its parser it passes on everything. */
export async function checkImports(): Promise<string[]> {
  const [found, planted] = await Promise.all([cruise(process.cwd()), plantForbiddenImport()])
  const blind = found.totalCruised === 0 ? ["dependency-cruiser saw no module at all"] : []
  return [...blind, ...planted, ...found.violations]
}

/** A tree with one forbidden import: it must be seen to fall. */
async function plantForbiddenImport(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-imports-"))
  try {
    await mkdir(join(folder, "src/core"), { recursive: true })
    await mkdir(join(folder, "src/store"))
    await writeFile(join(folder, "src/store/rows.ts"), "export type Row = { id: string }\n")
    await writeFile(
      join(folder, "src/core/planted.ts"),
      'import type { Row } from "../store/rows.ts"\nexport type Copy = Row\n',
    )
    await cp(".dependency-cruiser.cjs", join(folder, ".dependency-cruiser.cjs"))
    await cp("tsconfig.json", join(folder, "tsconfig.json"))
    await symlink(resolve("node_modules"), join(folder, "node_modules"))
    const { violations } = await cruise(folder)
    return violations.length > 0 ? [] : ["a planted forbidden import (core of store, types only) was not seen"]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const Report = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
})

async function cruise(cwd: string): Promise<{ totalCruised: number; violations: string[] }> {
  const program = resolve("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs")
  const present = folders.filter((folder) => existsSync(join(cwd, folder)))
  const args = [
    "--import",
    import.meta.resolve("./swc-using.ts"),
    program,
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    ...present,
  ]
  const output = await new Promise<string>((done, fail) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 100_000_000 }, (error, stdout, stderr) =>
      stdout === "" ? fail(error ?? new Error(stderr)) : done(stdout),
    )
  })
  const { summary } = Report.parse(JSON.parse(output))
  return {
    totalCruised: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => `${from} imports ${to}: ${rule.name}`),
  }
}
