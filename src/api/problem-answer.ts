import type { FastifyError, FastifyReply, FastifyRequest } from "fastify"
import { isStorageFull } from "../disk.ts"
import { type FieldError, Problem, type ProblemCode, problem, problemCodes } from "../problem.ts"
import { isUnavailable } from "../store/database.ts"
import { JsonError } from "./json.ts"

/** The body of a problem (RFC 9457). */
export type ProblemBody = {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: ProblemCode
  requestId: string
  errors?: readonly FieldError[]
  [extra: string]: unknown
}

/** Of one file of a multipart body. */
export const uploadBytesMax = 26_214_400

/** Somebody has to make room first. */
const storageRetrySeconds = 30
const retrySeconds: Partial<Record<ProblemCode, number>> = { unavailable: 1, idempotency_in_progress: 1 }

/** Everything thrown at the door as the caller may see it; what is our own error says nothing of itself. */
export function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof JsonError)
    return problem("body_malformed", {}, `${error.message}. ${problemCodes.body_malformed.whatToDo}`)
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (isStorageFull(error))
    return problem("unavailable", { reason: "storage_full", retryAfterSeconds: storageRetrySeconds })
  if (isUnavailable(error)) return problem("unavailable", { reason: "database" })
  return ofFastify(error as FastifyError, code, request) ?? problem("internal")
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterSeconds, ...extra } = problem.extra
  const body: ProblemBody = {
    type: `/docs/problems#${problem.code}`,
    title: problemCodes[problem.code].title,
    status: problem.status,
    detail: problem.detail,
    instance: request.url.split("?")[0] ?? "",
    code: problem.code,
    requestId: request.id,
    ...(problem.errors && { errors: problem.errors }),
    ...extra,
  }
  const retry = typeof retryAfterSeconds === "number" ? retryAfterSeconds : retrySeconds[problem.code]
  if (retry !== undefined) reply.header("retry-after", String(retry))
  if (problem.status === 401) reply.header("www-authenticate", "Bearer")
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(body))
}

function limitBytesOf(code: string, request: FastifyRequest): number {
  return code === "FST_REQ_FILE_TOO_LARGE" ? uploadBytesMax : request.routeOptions.bodyLimit
}

function ofFastify(error: FastifyError, code: string, request: FastifyRequest): Problem | null {
  if (!code.startsWith("FST_")) return null
  if (
    code === "FST_ERR_CTP_BODY_TOO_LARGE" ||
    code === "FST_REQ_FILE_TOO_LARGE" ||
    code === "FST_FILES_LIMIT" ||
    code === "FST_PARTS_LIMIT"
  ) {
    return problem("too_large", { limitBytes: limitBytesOf(code, request) })
  }
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" || code === "FST_INVALID_MULTIPART_CONTENT_TYPE")
    return problem("type_not_supported")
  if (code === "FST_ERR_BAD_URL" || code === "FST_ERR_MAX_PARAM_LENGTH" || code === "FST_ERR_ASYNC_CONSTRAINT")
    return problem("route_not_found")
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500 ? problem("body_malformed", {}, error.message) : null
}
