/**
 * The closed list of problems (RFC 9457) that callers of the API can meet. Services throw `problem(code, extra)`;
 * the door (api/route.ts) turns it into the answer. `docs/problems.md` is generated from this table.
 */
export const problemCodes = {
  body_malformed: {
    status: 400,
    title: "The body cannot be read",
    whatToDo: "Send valid JSON: no duplicate keys, at most 32 levels deep.",
  },
  unknown_field: {
    status: 400,
    title: "A field is not known",
    whatToDo: "Remove the field, or see /docs for its name.",
  },
  cursor_invalid: { status: 400, title: "The cursor does not fit", whatToDo: "Start again without a cursor." },
  idempotency_key_required: {
    status: 400,
    title: "An Idempotency-Key is required",
    whatToDo: "Send an Idempotency-Key header of 8 to 255 printable characters.",
  },
  idempotency_key_invalid: {
    status: 400,
    title: "The Idempotency-Key is not valid",
    whatToDo: "Send 8 to 255 printable characters.",
  },
  not_authenticated: { status: 401, title: "Not signed in", whatToDo: "Sign in, or send a valid API key." },
  credentials_wrong: {
    status: 401,
    title: "E-mail or password is wrong",
    whatToDo: "Try again, or reset the password.",
  },
  not_permitted: {
    status: 403,
    title: "Not permitted",
    whatToDo: "Ask someone who holds one of the required roles; see GET /api/permissions.",
  },
  origin_not_allowed: {
    status: 403,
    title: "This origin is not allowed",
    whatToDo: "Call from our own origin, or have the origin listed.",
  },
  setup_code_wrong: {
    status: 403,
    title: "The set-up code is wrong",
    whatToDo: "Use the newest link that the server printed.",
  },
  signature_invalid: { status: 403, title: "The signature is not valid", whatToDo: "Check the secret and PUBLIC_URL." },
  not_found: { status: 404, title: "Not found", whatToDo: "Check the id. It is absent or not yours." },
  route_not_found: { status: 404, title: "No such path", whatToDo: "See /openapi.json for the paths." },
  method_not_allowed: { status: 405, title: "Method not allowed", whatToDo: "Use a method of the Allow header." },
  not_acceptable: { status: 406, title: "This format is not offered", whatToDo: "Ask for application/json." },
  setup_closed: { status: 409, title: "Set-up is closed", whatToDo: "A user exists already: sign in." },
  last_administrator: {
    status: 409,
    title: "Someone must stay Administrator",
    whatToDo: "Appoint another Administrator first.",
  },
  already_user: { status: 409, title: "Already a user", whatToDo: "Edit that user instead." },
  role_built_in: { status: 409, title: "Built-in roles are fixed", whatToDo: "Copy the role and edit the copy." },
  name_taken: { status: 409, title: "The name is taken", whatToDo: "Choose another name." },
  address_taken: { status: 409, title: "The address is taken", whatToDo: "Choose another address." },
  url_taken: { status: 409, title: "The URL is taken", whatToDo: "Choose another URL." },
  number_owned: { status: 409, title: "The number is owned already", whatToDo: "Choose another number." },
  default_inbox_missing: {
    status: 409,
    title: "The section has no default Inbox",
    whatToDo: "Set a default Inbox for the section, or a fallback Inbox for the organization.",
  },
  inbox_in_use: { status: 409, title: "The Inbox is still used", whatToDo: "Send `replacements` for each of `uses`." },
  channel_in_use: { status: 409, title: "The channel is in use", whatToDo: "Remove its entry points first." },
  in_use: { status: 409, title: "Still in use", whatToDo: "Unlink it first." },
  carrier_in_use: { status: 409, title: "The carrier account is in use", whatToDo: "Release its numbers first." },
  number_in_use: { status: 409, title: "The number is in use", whatToDo: "Unlink it first." },
  routing_test_failed: {
    status: 409,
    title: "A routing test failed",
    whatToDo: "Change it, or send `override.reason`.",
  },
  voice_inactive: { status: 409, title: "Voice is not active", whatToDo: "Activate voice for the number." },
  capability_missing: { status: 409, title: "The number cannot do that", whatToDo: "Choose another number." },
  account_disconnected: { status: 409, title: "The account is disconnected", whatToDo: "Connect it again." },
  opted_out: { status: 409, title: "The customer opted out", whatToDo: "Only the customer's START lifts it." },
  window_closed: { status: 409, title: "The reply window is closed", whatToDo: "Use a template." },
  number_not_registered: {
    status: 409,
    title: "The number is not registered",
    whatToDo: "Register it for text messages.",
  },
  daily_cap_reached: {
    status: 409,
    title: "The daily cap is reached",
    whatToDo: "Verify the number, or wait until `resetsAt`.",
  },
  sms_deactivated_on_request: { status: 409, title: "Text messages are turned off", whatToDo: "Request activation." },
  already_sent: { status: 409, title: "Already sent", whatToDo: "It can no longer be undone." },
  channel_group_not_configured: {
    status: 409,
    title: "No channel of this group is configured",
    whatToDo: "Add an entry point first.",
  },
  offer_ended: { status: 409, title: "The offer has ended", whatToDo: "See `status`; somebody else may have it." },
  decline_not_allowed: {
    status: 409,
    title: "Declining is not allowed",
    whatToDo: "Accept, or wait until the offer ends.",
  },
  already_taken: { status: 409, title: "Already taken", whatToDo: "See `agentId`." },
  not_available: { status: 409, title: "Not available", whatToDo: "Switch on a channel group first." },
  at_capacity: { status: 409, title: "At capacity", whatToDo: "Finish or close something first." },
  conversation_closed: { status: 409, title: "The conversation is closed", whatToDo: "Reopen it first." },
  conversation_active: { status: 409, title: "A conversation is active", whatToDo: "Use `conversationId`." },
  customer_waiting: {
    status: 409,
    title: "The customer is waiting",
    whatToDo: "Answer, or send `force: true`. `topicRequired` tells whether a topic is missing too.",
  },
  topic_required: { status: 409, title: "A topic is required", whatToDo: "Choose a topic before closing." },
  agent_not_in_inbox: {
    status: 409,
    title: "The agent is no member of the Inbox",
    whatToDo: "Add the agent to the Inbox first.",
  },
  not_parked: { status: 409, title: "The event is not parked", whatToDo: "Read it again." },
  idempotency_in_progress: {
    status: 409,
    title: "The first request is still running",
    whatToDo: "Send the same key again after `Retry-After`.",
  },
  version_conflict: {
    status: 412,
    title: "Somebody changed it meanwhile",
    whatToDo: "Read it again, merge, and send it with the new ETag.",
  },
  too_large: { status: 413, title: "Too large", whatToDo: "Send at most `limitBytes`." },
  type_not_supported: { status: 415, title: "This type is not supported", whatToDo: "Send a supported content type." },
  validation_failed: {
    status: 422,
    title: "Some fields need attention",
    whatToDo: "Fix each of `errors`. Nothing was stored.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "The Idempotency-Key was used for another body",
    whatToDo: "Use a new key.",
  },
  precondition_required: {
    status: 428,
    title: "If-Match is required",
    whatToDo: "Read it, and send its ETag as If-Match.",
  },
  rate_limited: { status: 429, title: "Too many requests", whatToDo: "Try again after `Retry-After`." },
  too_many_tries: { status: 429, title: "Too many tries", whatToDo: "Try again after `Retry-After`." },
  internal: { status: 500, title: "Our error", whatToDo: "Nothing was half stored. Report the `requestId`." },
  carrier_failed: {
    status: 502,
    title: "The carrier did not answer as expected",
    whatToDo: "Try again; the state says what is unknown.",
  },
  unavailable: { status: 503, title: "Not available right now", whatToDo: "Try again after `Retry-After`." },
  position_gone: {
    status: 410,
    title: "The position is older than what is kept",
    whatToDo: "Reload the state and go on from `position`.",
  },
} as const satisfies Record<string, { status: number; title: string; whatToDo: string }>

export type ProblemCode = keyof typeof problemCodes

/** One wrong field: exactly one of `pointer` (RFC 6901 fragment in the body), `parameter` or `header`. */
export type FieldError = {
  code: string
  detail: string
  pointer?: string
  parameter?: string
  header?: string
}

/** Thrown for what a caller did or met; never for our own errors. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly detail: string
  readonly errors: readonly FieldError[] | undefined
  readonly extra: Readonly<Record<string, unknown>>
  constructor(
    code: ProblemCode,
    input: { detail?: string; errors?: readonly FieldError[]; extra?: Record<string, unknown> },
  ) {
    super(`${code}${input.detail ? `: ${input.detail}` : ""}`)
    this.name = "Problem"
    this.code = code
    this.detail = input.detail ?? problemCodes[code].whatToDo
    this.errors = input.errors
    this.extra = input.extra ?? {}
  }
  get status(): number {
    return problemCodes[this.code].status
  }
}

/** `throw problem("offer_ended", { status: "missed" })`: further members of the answer stand in `extra`. */
export function problem(code: ProblemCode, extra: Record<string, unknown> = {}, detail?: string): Problem {
  return new Problem(code, detail === undefined ? { extra } : { extra, detail })
}

/** 422 `validation_failed` with these fields. */
export function invalid(...errors: FieldError[]): Problem {
  const count = errors.length === 1 ? "1 field needs" : `${errors.length} fields need`
  return new Problem("validation_failed", { errors, detail: `${count} attention. Nothing was stored.` })
}
