/** What the parser process makes of one mail. Everything in it comes from a stranger, and everything in it is bounded. */
export type ParsedMail = {
  subject: string | null
  from: MailAddress | null
  /** The From header as shown: `Maya Chen <maya@example.com>`. */
  fromHeader: string
  to: string[]
  cc: string[]
  /** Never the author (GitLab #349329); shown when it differs. */
  replyTo: string[]
  /** ISO 8601; what the sender's clock said. */
  date: string | null
  /** Without brackets, like all Message-IDs here. */
  messageId: string | null
  references: string[]
  text: string
  /** Sanitized; nothing in it loads or runs. */
  html: string | null
  /** Where the quoted history or signature at the end of `text` begins. */
  foldFrom: number | null
  files: ParsedFile[]
  /** Why nobody sits behind it (RFC 3834), or null. */
  automatic: string | null
  report: DeliveryReport | null
  /** The token of one of our own probes. */
  probe: string | null
  flags: MailFlags
}

export type MailAddress = { address: string; name: string }

export type ParsedFile = {
  name: string
  type: string
  contentId: string | null
  inline: boolean
  content: Uint8Array
}

/** What the screen must warn of. */
export type MailFlags = {
  parseFailed?: true
  /** `time_limit`, `memory_limit`, `parser_error`. */
  parseFailure?: string
  truncated?: true
  filesDropped?: number
  replyTo?: string[]
}

/** RFC 3464, for the first recipient that failed, else the first that is told of. */
export type DeliveryReport = {
  action: "failed" | "delayed" | "delivered" | "relayed" | "expanded"
  /** RFC 3463, such as `5.1.1`. */
  status: string
  diagnostic: string
  finalRecipient: string | null
  /** Of the mail that it tells of. */
  originalMessageId: string | null
}
