/** What the child process is given to do. */

export type ReadJob = { kind: "read"; raw: Buffer }

export type AuthenticateJob = {
  kind: "authenticate"
  raw: Buffer
  ip: string
  helo: string
  envelopeFrom: string
  /** The whole world of names; null asks the machine's own resolver. */
  records: readonly DnsRecord[] | null
}

export type DnsRecord = { type: string; name: string; value: string }
export type MailJob = ReadJob | AuthenticateJob
