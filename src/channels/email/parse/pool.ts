import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Verdicts } from "./authenticate.ts"
import type { AuthenticateJob, MailJob } from "./jobs.ts"
import type { ParsedMail } from "./parsed-mail.ts"

/** Why a job has no result: the child was too slow, was killed by its memory, or refused the mail. */
export class ParserFailed extends Error {
  readonly reason: "time_limit" | "memory_limit" | "parser_error" | "overloaded"
  constructor(reason: ParserFailed["reason"], detail = "") {
    super(`${reason}${detail ? `: ${detail}` : ""}`)
    this.name = "ParserFailed"
    this.reason = reason
  }
}

export const parseTimeoutSeconds = 5
const heapMegabytes = 256
/** Buffers stand outside the heap; the address space bounds them (`--data` would kill Node). */
const addressSpaceBytes = 2_000_000_000
const waitingJobsMax = 500
const childFile = fileURLToPath(new URL("./child.ts", import.meta.url))
const prlimit = ["/usr/bin/prlimit", "/bin/prlimit"].find((path) => process.platform === "linux" && existsSync(path))

type Pending = { job: MailJob; settle: (error: ParserFailed | null, result?: unknown) => void }

/** Child processes for what strangers send: each does one job at a time, is kept warm, and is replaced after its death. */
export class MailPool {
  readonly #timeoutMs: number
  readonly #workersMax: number
  readonly #waiting: Pending[] = []
  readonly #workers = new Set<Worker>()
  #stopped = false

  constructor(options: { workersMax?: number; timeoutSeconds?: number } = {}) {
    this.#timeoutMs = (options.timeoutSeconds ?? parseTimeoutSeconds) * 1_000
    this.#workersMax = options.workersMax ?? 2
  }

  read(raw: Buffer): Promise<ParsedMail> {
    return this.#run({ kind: "read", raw }) as Promise<ParsedMail>
  }

  authenticate(job: Omit<AuthenticateJob, "kind">): Promise<Verdicts> {
    return this.#run({ kind: "authenticate", ...job }) as Promise<Verdicts>
  }

  /** Starts one child, so that the first mail does not wait for it. */
  warm(): void {
    if (this.#workers.size === 0 && !this.#stopped) this.#add()
  }

  /** Kills the children; what still waits fails. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const pending of this.#waiting.splice(0)) pending.settle(new ParserFailed("overloaded", "stopping"))
    await Promise.all([...this.#workers].map((worker) => worker.kill()))
  }

  #run(job: MailJob): Promise<unknown> {
    if (this.#stopped || this.#waiting.length >= waitingJobsMax) return Promise.reject(new ParserFailed("overloaded"))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, settle: (error, result) => (error ? reject(error) : resolve(result)) })
      this.#next()
    })
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    const free =
      [...this.#workers].find((worker) => worker.free) ?? (this.#workers.size < this.#workersMax ? this.#add() : null)
    const pending = free ? this.#waiting.shift() : undefined
    if (free && pending) free.do(pending)
  }

  #add(): Worker {
    const worker = new Worker(this.#timeoutMs, {
      onFree: () => this.#next(),
      onGone: () => {
        this.#workers.delete(worker)
        if (!this.#stopped) this.#next()
      },
    })
    this.#workers.add(worker)
    return worker
  }
}

class Worker {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  readonly #timeoutMs: number
  readonly #onFree: () => void
  #pending: Pending | null = null
  #timer: NodeJS.Timeout | undefined
  #tooSlow = false
  #ready = false

  constructor(timeoutMs: number, on: { onFree: () => void; onGone: () => void }) {
    this.#timeoutMs = timeoutMs
    this.#onFree = on.onFree
    const node = [`--max-old-space-size=${heapMegabytes}`, "--no-warnings", childFile]
    const [command, ...before] = prlimit ? [prlimit, `--as=${addressSpaceBytes}`, process.execPath] : [process.execPath]
    this.#child = spawn(command ?? process.execPath, [...before, ...node], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
      env: { PATH: "/usr/bin:/bin" },
    })
    this.#child.unref()
    this.#child.channel?.unref()
    this.#gone = new Promise((resolve) => {
      const gone = (why: ParserFailed) => {
        this.#finish(why)
        on.onGone()
        resolve()
      }
      this.#child.once("exit", () => gone(new ParserFailed(this.#tooSlow ? "time_limit" : "memory_limit")))
      // It never began.
      this.#child.once("error", (error) => gone(new ParserFailed("parser_error", error.message)))
    })
    this.#child.on("message", (message: { ready?: true; result?: unknown; error?: string }) => {
      if (message.ready) this.#began()
      else
        this.#finish(
          message.error === undefined ? null : new ParserFailed("parser_error", message.error),
          message.result,
        )
    })
  }

  get free(): boolean {
    return this.#pending === null && this.#child.connected
  }

  do(pending: Pending): void {
    this.#pending = pending
    this.#child.ref()
    this.#child.channel?.ref()
    // The job's own time begins when the child can work; its start has the same limit again.
    this.#limit(this.#ready ? this.#timeoutMs : this.#timeoutMs + 10_000)
    this.#child.send(pending.job, (error) => {
      if (error) void this.kill()
    })
  }

  kill(): Promise<void> {
    this.#child.kill("SIGKILL")
    return this.#gone
  }

  #began(): void {
    this.#ready = true
    if (this.#pending) this.#limit(this.#timeoutMs)
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#tooSlow = true
      void this.kill()
    }, ms)
  }

  #finish(error: ParserFailed | null, result?: unknown): void {
    clearTimeout(this.#timer)
    const pending = this.#pending
    this.#pending = null
    if (!pending) return
    this.#child.unref()
    this.#child.channel?.unref()
    pending.settle(error, result)
    this.#onFree()
  }
}
