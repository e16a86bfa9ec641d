import { readdirSync, readFileSync } from "node:fs"

/** What runs on this machine, from /proc: `ps` is not everywhere. */
export type Process = { pid: number; parent: number; command: string }

export function processes(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1])
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim()
        return [{ pid: Number(name), parent, command }]
      } catch {
        return [] // ended meanwhile
      }
    })
}
