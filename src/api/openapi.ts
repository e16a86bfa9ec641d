import { z } from "zod"
import { type ProblemCode, problemCodes } from "../problem.ts"
import { isWholeList, type Route } from "./route.ts"

type Json = Record<string, unknown>

/**
 * OpenAPI 3.1 from the schemas that validate: all of them in one registry and one conversion (a call per route takes
 * thirty times as long). A schema that several routes answer is described once.
 */
export function describe(routes: readonly Route[], about: { version: string; publicUrl: string }): Json {
  const registry = z.registry<{ id: string }>()
  const ids = new Map<z.ZodType, string>()
  const taken = new Set<string>()
  const refer = (schema: z.ZodType, suggestion: string): Json => {
    let id = ids.get(schema)
    if (id === undefined) {
      id = suggestion
      for (let n = 2; taken.has(id); n++) id = `${suggestion}${n}`
      taken.add(id)
      ids.set(schema, id)
      registry.add(schema, { id })
    }
    return { $ref: `#/components/schemas/${id}` }
  }
  const paths: Record<string, Json> = {}
  const queries: { schema: z.ZodObject; id: string; parameters: Json[] }[] = []
  for (const route of routes) {
    const path = `/api${route.path.replace(/:(\w+)/g, "{$1}")}`
    const name = operationId(route)
    const parameters = [...pathParameters(route), ...headerParameters(route), ...listParameters(route)]
    if (route.query) {
      const id = `${capital(name)}Query`
      refer(route.query, id)
      queries.push({ schema: route.query, id: ids.get(route.query) ?? id, parameters })
    }
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        operationId: name,
        ...(route.summary && { summary: route.summary }),
        tags: [route.path.split("/")[1] ?? "api"],
        "x-action": route.action,
        parameters,
        ...bodyOf(route, (schema) => refer(schema, `${capital(name)}Body`)),
        responses: responsesOf(route, (schema, status) =>
          refer(schema, status < 300 ? `${capital(name)}Answer` : `${capital(name)}${status}`),
        ),
        security: securityOf(route),
      },
    }
  }
  const converted = z.toJSONSchema(registry, {
    io: "input",
    target: "draft-2020-12",
    unrepresentable: "any",
    uri: (id) => `#/components/schemas/${id}`,
  }).schemas as Record<string, Json>
  for (const { id, parameters } of queries) parameters.push(...queryParameters(converted[id] ?? {}))
  const schemas = Object.fromEntries(Object.entries(converted).map(([id, schema]) => [id, withoutMeta(schema)]))
  return {
    openapi: "3.1.0",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "Switchboard",
      version: about.version,
      description: "The public API. All times are RFC 3339 in UTC, durations whole seconds, ids UUIDs of version 7.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: about.publicUrl }],
    paths,
    components: {
      schemas: { ...schemas, Problem: problemSchema },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "switchboard.session_token" },
        apiKey: { type: "http", scheme: "bearer" },
        operatorToken: { type: "http", scheme: "bearer" },
      },
    },
  }
}

function operationId(route: Route): string {
  const words = route.path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => (part.startsWith(":") ? `by-${part.slice(1)}` : part))
  return route.method.toLowerCase() + words.map((word) => word.split(/[-_]/).map(capital).join("")).join("")
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function pathParameters(route: Route): Json[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }))
}

function headerParameters(route: Route): Json[] {
  const header = (name: string, required: boolean) => ({ name, in: "header", required, schema: { type: "string" } })
  return [
    ...(route.versioned ? [header("If-Match", true)] : []),
    ...(route.idempotent ? [header("Idempotency-Key", false)] : []),
  ]
}

function listParameters(route: Route): Json[] {
  if (!route.list && !isWholeList(route)) return []
  return [
    { name: "limit", in: "query", required: false, schema: { type: "integer", minimum: 1, maximum: 200, default: 50 } },
    ...(route.list ? [{ name: "cursor", in: "query", required: false, schema: { type: "string" } }] : []),
  ]
}

function queryParameters(schema: Json): Json[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  return Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([name, one]) => ({
    name,
    in: "query",
    required: required.has(name),
    schema: one,
  }))
}

function bodyOf(route: Route, refer: (schema: z.ZodType) => Json): Json {
  if (route.accepts) {
    const content = Object.fromEntries(
      route.accepts.map((type) => [type, { schema: { type: "string", contentMediaType: type } }]),
    )
    return { requestBody: { required: true, content } }
  }
  if (!route.body) return {}
  return {
    requestBody: {
      required: !route.body.safeParse({}).success,
      content: { "application/json": { schema: refer(route.body) } },
    },
  }
}

function responsesOf(route: Route, refer: (schema: z.ZodType, status: number) => Json): Json {
  const responses: Record<string, Json> = {}
  for (const [status, schema] of Object.entries(route.answers)) {
    responses[status] = {
      description: Number(status) < 300 ? "Done." : "See the body.",
      ...(schema && { content: { "application/json": { schema: refer(schema, Number(status)) } } }),
    }
  }
  for (const [status, codes] of Map.groupBy(problemsOf(route), (code) => String(problemCodes[code].status))) {
    responses[status] ??= {
      description: codes.join(", "),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    }
  }
  return responses
}

function problemsOf(route: Route): ProblemCode[] {
  return [
    ...(route.action === "public" ? [] : (["not_authenticated"] as const)),
    ...(route.action === "public" || route.action === "operator" ? [] : (["not_permitted"] as const)),
    ...(route.path.includes(":") ? (["not_found"] as const) : []),
    "unknown_field",
    ...(route.body ? (["body_malformed"] as const) : []),
    ...(route.body || route.query || listParameters(route).length > 0 ? (["validation_failed"] as const) : []),
    ...(route.versioned ? (["precondition_required", "version_conflict"] as const) : []),
    ...(route.idempotent ? (["idempotency_in_progress", "idempotency_key_reused"] as const) : []),
    ...(route.problems ?? []),
    "rate_limited",
    "unavailable",
  ]
}

function securityOf(route: Route): Json[] {
  if (route.action === "public") return []
  return route.action === "operator" ? [{ operatorToken: [] }] : [{ session: [] }, { apiKey: [] }]
}

function withoutMeta(schema: Json): Json {
  const { $schema: _schema, $id: _id, ...rest } = schema
  return rest
}

const problemSchema: Json = {
  type: "object",
  required: ["type", "title", "status", "detail", "instance", "code", "requestId"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    code: { type: "string", enum: Object.keys(problemCodes) },
    requestId: { type: "string" },
    errors: {
      type: "array",
      maxItems: 100,
      items: {
        type: "object",
        required: ["code", "detail"],
        properties: {
          code: { type: "string" },
          detail: { type: "string" },
          pointer: { type: "string" },
          parameter: { type: "string" },
          header: { type: "string" },
        },
      },
    },
  },
}
