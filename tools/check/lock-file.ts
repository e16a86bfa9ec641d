import { readFile } from "node:fs/promises"
import { z } from "zod"

const Lock = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
})

/**
 * Every optional dependency that the lock file names is in it: npm 11 and 12 refuse the whole file otherwise ("Missing:
 * … from lock file"), and a registry that lags behind leaves some out without a word.
 */
export async function checkLockFile(): Promise<string[]> {
  return missingFrom(Lock.parse(JSON.parse(await readFile("package-lock.json", "utf8"))))
}

export function missingFrom({ packages }: z.output<typeof Lock>): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !homesOf(name, path).some((home) => home in packages))
      .map((name) => `package-lock.json names ${name} for ${path || "the project"} and does not hold it`),
  )
}

/** Where Node would look for `name` from `path`, nearest first. */
function homesOf(name: string, path: string): string[] {
  const homes = [`${path ? `${path}/` : ""}node_modules/${name}`]
  for (let at = path; at.includes("/node_modules/"); ) {
    at = at.slice(0, at.lastIndexOf("/node_modules/"))
    homes.push(`${at}/node_modules/${name}`)
  }
  return [...homes, `node_modules/${name}`]
}
