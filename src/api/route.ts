import type { FastifyRequest } from "fastify"
import { z } from "zod"
import type { Action } from "../core/permissions.ts"
import type { Principal } from "../identity/principal.ts"
import type { ProblemCode } from "../problem.ts"
import type { WriteKind } from "../store/gate.ts"
import type { Actor, Tx } from "../store/write.ts"
import type { Answer } from "./answer.ts"
import type { IfMatch } from "./etag.ts"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/**
 * Who may call: an action of core/permissions.ts; anybody signed in; everybody; the holder of the operator token; or,
 * for paths with `:id`, one action for `me` (or the caller's own id) and another for everybody else.
 */
export type Access = Action | "signed_in" | "public" | "operator" | { me: Action; others: Action }

type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never
export type PathParams<Path extends string> = { [Name in PathNames<Path>]: string }

type Read<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<never, never>

/** What a handler gets. Everything in it is validated. */
export interface Context<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Who calls. Throws on public and operator routes. */
  readonly principal: Principal
  readonly actor: Actor
  readonly requestId: string
  /** Of `versioned` routes: hand it to `expectVersion` inside the transaction. */
  readonly ifMatch: IfMatch
  /** The business instant of the request. */
  readonly now: Date
  /** Of `list` routes: how many, and the key of the last item already shown. */
  readonly list: { limit: number; after: readonly Key[] | null }
  /** The bare request, for headers, multipart parts and raw bytes. */
  readonly request: FastifyRequest
  /** `{orgId, actor, requestId}`, to be spread into `store.write`. */
  readonly by: { orgId: string; actor: Actor; requestId: string }
  /**
   * `store.write` in the caller's name. On `idempotent` routes the `Answer` that `work` returns is kept in the same
   * transaction, so that a crash between commit and answer cannot make it happen twice. Build the answer inside.
   */
  write<T>(work: (tx: Tx) => Promise<T>, kind?: WriteKind): Promise<T>
  /** For services with a transaction of their own: keeps the answer of an `idempotent` route in it. */
  keep(tx: Tx, answer: Answer): Promise<void>
  /** One page: `rows` are at most `limit + 1`, in order; `keyOf` is what `after` will be. */
  page<Row>(rows: readonly Row[], keyOf: (row: Row) => Key[], show: (row: Row) => unknown): Answer
}

export type Key = string | number | null

export type Limits = {
  /** Default 1 MiB. */
  bodyBytes?: number
  /** Default 1,000. */
  arrayItems?: number
  /** Of a string whose schema says nothing. Default 10,000. */
  stringLength?: number
}

type Definition<Path extends string, P, Q, B> = {
  method: Method
  /** Under /api, with `:names`. Names that end in `id` must be a UUID (or `me` for `:id`); anything else answers 404. */
  path: Path
  action: Access
  params?: P
  /** `z.object` of texts; see query.ts for numbers, booleans, times and lists. */
  query?: Q
  /** Unknown fields at any depth are refused before the schema is asked. */
  body?: B
  /** Status to schema of the body; `null` where there is none. */
  answers: Readonly<Record<number, z.ZodType | null>>
  /** The route's own problems, for the description. */
  problems?: readonly ProblemCode[]
  /** Needs `If-Match`. */
  versioned?: boolean
  /** Accepts `Idempotency-Key`. */
  idempotent?: boolean
  /** Adds `limit` and `cursor`. */
  list?: boolean
  /** Content types that the handler reads by itself from `request`, such as `multipart/form-data`; then no `body`. */
  accepts?: readonly string[]
  /** Content types besides JSON that an `Accept` header can ask for. */
  produces?: readonly string[]
  limits?: Limits
  /** One line for the description. */
  summary?: string
  handle(context: Context<P extends z.ZodType ? z.output<P> : PathParams<Path>, Read<Q>, Read<B>>): Promise<Answer>
}

/** A route as the server mounts it. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly action: Access
  readonly params?: z.ZodType
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly answers: Readonly<Record<number, z.ZodType | null>>
  readonly problems?: readonly ProblemCode[]
  readonly versioned?: boolean
  readonly idempotent?: boolean
  readonly list?: boolean
  readonly accepts?: readonly string[]
  readonly produces?: readonly string[]
  readonly limits?: Limits
  readonly summary?: string
  handle(context: Context<unknown, unknown, unknown>): Promise<Answer>
}

/** A list that comes whole (api.md 1): it takes `limit` as every list does, and has no second page. */
export function isWholeList(route: Route): boolean {
  const shown = route.answers[200]
  return route.method === "GET" && !route.list && shown instanceof z.ZodObject && "nextCursor" in shown.shape
}

/** One route: schema, action and handler together. The order of judgement is that of api.md 1. */
export function route<
  const Path extends string,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: Definition<Path, P, Q, B>): Route {
  return definition as Route
}
