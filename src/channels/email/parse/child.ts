/**
 * The process that hostile mail may kill. It takes one job at a time, answers it, and holds nothing. Run by pool.ts with
 * limits of memory and time; a worker thread does not protect the process that it runs in.
 */
import { authenticateMail } from "./authenticate.ts"
import type { MailJob } from "./jobs.ts"
import { readMail } from "./read-mail.ts"

process.on("disconnect", () => process.exit(0))
process.on("message", (job: MailJob) => {
  const work = job.kind === "read" ? readMail(Buffer.from(job.raw)) : authenticateMail(job)
  work.then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
process.send?.({ ready: true })
