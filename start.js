// The one door to every npm script. Plain JavaScript for Node 20, which may be all that the machine has: installs what
// the lock file names, builds the web parts when their sources changed, and hands over to the Node 24 that npm brought.
//   node start.js [--demo]                               the server: src/main.ts
//   node start.js test|trials|bench|generate|build|format [arguments]
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { serverFlags } from "./src/node-flags.js"

const root = dirname(fileURLToPath(import.meta.url))
const modules = join(root, "node_modules")
const scripts = {
  test: "tools/check.ts",
  trials: "tools/trials.ts",
  bench: "bench/run.ts",
  generate: "tools/generate.ts",
}
/** npm and the terminal both pass a Ctrl-C on: one press must reach the child once. */
const repeatedSignalMilliseconds = 500

const [first, ...others] = process.argv.slice(2)
const command = first === undefined || first.startsWith("-") ? "start" : first
const args = command === "start" ? process.argv.slice(2) : others
process.chdir(root)
process.exitCode = await run()

async function run() {
  if (!["start", "build", "format", ...Object.keys(scripts)].includes(command)) {
    console.error(
      `There is no command ${command}. There are: start, build, format, ${Object.keys(scripts).join(", ")}.`,
    )
    return 2
  }
  const installed = await install(command === "start" || command === "build" ? "production" : "all")
  if (installed !== 0) return installed
  const node = node24()
  if (node === undefined) {
    console.error(`Switchboard needs Node 24 or later here (this is ${process.version} on ${platform()}): nodejs.org`)
    return 1
  }
  process.env.NODE_COMPILE_CACHE ??= join(modules, ".compile-cache")
  if (command === "start" || command === "build") {
    const built = await build(node)
    if (built !== 0 || command === "build") return built
  }
  if (command === "format")
    return relay(node, [join(modules, "@biomejs/biome/bin/biome"), "format", "--write", ...args])
  return relay(node, [...(command === "start" ? [...serverFlags, "src/main.ts"] : [scripts[command]]), ...args])
}

/** Brings node_modules to what the lock file names; a no-op of some milliseconds when it is there already. */
async function install(wanted) {
  const lock = readFileSync("package-lock.json")
  const hash = createHash("sha256").update(lock).update(platform()).digest("hex")
  const marker = join(modules, ".installed")
  const [markedHash, marked] = existsSync(marker) ? readFileSync(marker, "utf8").trim().split(" ") : []
  const enough = (kind) => kind === "all" || kind === wanted
  if (markedHash === hash && enough(marked) && node24()) return 0
  const found = installedByHand(JSON.parse(lock))
  if (enough(found) && node24()) return mark(found)
  console.error("Installing packages from the lock file (about a minute) …")
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"]
  const flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...(wanted === "all" ? [] : ["--omit=dev"])]
  const code = await finished(
    spawn(npm[0], [...npm.slice(1), ...flags], {
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32" && npm.length === 1,
    }),
  )
  if (code === 0) return mark(wanted)
  console.error("npm ci failed, see above. Is the package registry reachable?")
  return code

  function mark(kind) {
    try {
      writeFileSync(marker, `${hash} ${kind}\n`)
    } catch {
      // node_modules belongs to somebody else: the comparison is made again at the next start
    }
    return 0
  }
}

/** What an `npm ci` without us left behind: npm lists it in a lock file of its own, written last. */
function installedByHand(lock) {
  const listed = join(modules, ".package-lock.json")
  if (!existsSync(listed)) return undefined
  const packages = JSON.parse(readFileSync(listed, "utf8")).packages
  const missing = Object.entries(lock.packages).filter(
    ([path, entry]) =>
      path !== "" && !entry.optional && !entry.devOptional && !entry.link && packages[path]?.version !== entry.version,
  )
  if (missing.length === 0) return "all"
  return missing.every(([, entry]) => entry.dev) ? "production" : undefined
}

/** The Node that npm brought, else the machine's own if it is new enough. */
function node24() {
  const file = process.platform === "win32" ? "node.exe" : "node"
  const system = process.platform === "win32" ? "win" : process.platform
  const brought = join(modules, `node-${system}-${process.arch}`, "bin", file)
  if (existsSync(brought)) return brought
  return Number(process.versions.node.split(".")[0]) >= 24 ? process.execPath : undefined
}

/** Builds web and widget where the content of their sources differs from that of the last build. */
async function build(node) {
  const codes = await Promise.all(["web", "widget"].map((part) => buildPart(node, part)))
  return codes.find((code) => code !== 0) ?? 0
}

async function buildPart(node, part) {
  if (!existsSync(join(part, "vite.config.ts"))) return 0
  const hash = contentHash([part, "src/core", "package-lock.json", "start.js"])
  const marker = join("dist", part, ".built")
  if (existsSync(marker) && readFileSync(marker, "utf8") === hash) return 0
  console.error(`Building ${part} …`)
  const vite = [
    join(modules, "vite/bin/vite.js"),
    "build",
    "--outDir",
    `../dist/${part}`,
    "--emptyOutDir",
    "--logLevel",
    "warn",
  ]
  // What is shipped and what is tested are the same: a test runner says NODE_ENV=test, by which React builds for debugging.
  const env = { ...process.env, NODE_ENV: "production" }
  const code = await finished(spawn(node, vite, { cwd: part, stdio: ["ignore", 2, 2], env }))
  if (code === 0) writeFileSync(marker, hash)
  else console.error(`Building ${part} failed, see above.`)
  return code
}

function contentHash(paths) {
  const hash = createHash("sha256")
  const add = (path) => {
    if (/(^|[\\/])(node_modules|\.[^\\/]*)$|\.test\.tsx?$/.test(path)) return
    const entries = readdirOrFile(path)
    if (entries === undefined) hash.update(path).update("\0").update(readFileSync(path)).update("\0")
    else for (const entry of entries.sort()) add(join(path, entry))
  }
  for (const path of paths) if (existsSync(path)) add(path)
  return hash.digest("hex")
}

function readdirOrFile(path) {
  try {
    return readdirSync(path)
  } catch (error) {
    if (error.code === "ENOTDIR") return undefined
    throw error
  }
}

/** Runs the child in a session of its own, passes signals on once each, and takes over its exit code. */
function relay(node, command) {
  // The IPC channel tells the child when we are gone: after a kill -9 of this process it stops itself on `disconnect`.
  const child = spawn(node, command, {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: process.platform !== "win32",
  })
  const last = new Map()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = Date.now()
      if (now - (last.get(signal) ?? 0) < repeatedSignalMilliseconds) return
      last.set(signal, now)
      child.kill(signal)
    })
  }
  return finished(child)
}

function finished(child) {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${child.spawnfile} could not be started: ${error.message}`)
      resolve(1)
    })
    child.on("exit", (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

function platform() {
  return `${process.platform}-${process.arch}`
}
