import { readFile } from "node:fs/promises"
import { filesOf } from "../generated/files.ts"

type Rule = { banned: RegExp; instead: string; in: RegExp; except?: RegExp }

const tests = /\.(test|spec)\.tsx?$|(conformance|test-rig)\.ts$|^(test|e2e|bench|sim)\//
const server = /^src\//
const anywhere = /./

/** Taste that can be checked: what not to write, and what to write instead. */
const rules: readonly Rule[] = [
  {
    banned: /\bDate\.now\(|\bnew Date\(\)/,
    instead: "the clock of src/clock.ts",
    in: server,
    except: either(tests, /^src\/(clock|ids)\.ts$/),
  },
  {
    banned: /\bMath\.random\(|\brandomUUID\b/,
    instead: "src/ids.ts",
    in: server,
    except: either(tests, /^src\/ids\.ts$/),
  },
  { banned: /\bprocess\.env\b/, instead: "src/config.ts", in: server, except: either(tests, /^src\/config\.ts$/) },
  {
    banned: /\bconsole\.\w/,
    instead: "src/log.ts",
    in: /^(src|web|widget)\//,
    except: either(tests, /^src\/(log|main)\.ts$/),
  },
  {
    banned: /\bprocess\.env\.TRIALS/,
    instead: "test/trials.ts, by which `npm run trials` finds the long forms",
    in: anywhere,
    except: /^test\/trials\.ts$/,
  },
  { banned: /\bas any\b|: any\b|<any>/, instead: "parse it, or `unknown` and narrow", in: anywhere, except: tests },
  { banned: /\bas unknown as\b/, instead: "parse it, or narrow", in: anywhere },
  { banned: /@ts-(ignore|expect-error|nocheck)/, instead: "the right type", in: anywhere },
  { banned: /^export \* from|^export \{.*\} from/, instead: "an import of the file that defines it", in: anywhere },
  {
    banned: /\bimport\(["'][^"']+["']\)\.(?!then\b)/,
    instead: "`import type`, which the import rules see",
    in: anywhere,
  },
  { banned: /\b(TODO|FIXME|XXX)\b/, instead: "the work itself, or an issue", in: anywhere },
  {
    banned: /["'`(\s](\/home\/\w|\/root\/|\/Users\/\w|C:\\\\)/,
    instead: "a path relative to the file",
    in: anywhere,
    except: tests,
  },
  { banned: /^(enum|namespace) |^export (enum|namespace) /, instead: "a union of strings", in: anywhere },
  // docs/glossary.md, the column "never": one word per thing.
  {
    banned: /\b\w*([tT]enant|[hH]ero|[wW]rapUp|providerId|messageSid|[tT]icketId)\w*\b/,
    instead: "the word of the glossary",
    in: /^(src\/(?!carriers\/)|web\/src|widget\/src)/,
    except: tests,
  },
]

/** Lines that break a rule, and fault points that no test switches on. */
export async function checkTidy(): Promise<string[]> {
  const paths = await filesOf(["src", "web", "widget", "test", "e2e", "bench", "sim", "tools"], /\.tsx?$/)
  const files = await Promise.all(paths.map(async (path) => ({ path, source: await readFile(path, "utf8") })))
  return [...files.flatMap(brokenIn), ...faultsWithoutTest(files)]
}

type File = { path: string; source: string }

function brokenIn({ path, source }: File): string[] {
  if (path === "tools/check/tidy.ts" || path === "tools/check/tidy.test.ts") return []
  const applying = rules.filter((rule) => rule.in.test(path) && !rule.except?.test(path))
  return source
    .split("\n")
    .flatMap((line, index) =>
      applying
        .filter((rule) => rule.banned.test(line) && !/^\s*(\/\/|\*|\/\*\*)/.test(line.replace(/TODO|FIXME|XXX/, "")))
        .map((rule) => `${path}:${index + 1}: not ${rule.banned.exec(line)?.[0].trim()}, use ${rule.instead}`),
    )
}

/** A fault point is a name that occurs once in the code and at least once in a test. */
function faultsWithoutTest(files: File[]): string[] {
  const inTests = files.filter(({ path }) => tests.test(path)).map(({ source }) => source)
  const points = files
    .filter(({ path }) => server.test(path) && !tests.test(path))
    .flatMap(({ path, source }) =>
      [...source.matchAll(/\bfault\("([^"]+)"\)/g)].map(([, name = ""]) => ({ path, name })),
    )
  return points.flatMap(({ path, name }, index) => {
    if (points.findIndex((point) => point.name === name) !== index)
      return [`${path}: the fault point ${name} occurs twice`]
    return inTests.some((source) => source.includes(name))
      ? []
      : [`${path}: no test switches the fault point ${name} on`]
  })
}

function either(one: RegExp, other: RegExp): RegExp {
  return new RegExp(`${one.source}|${other.source}`)
}
