import { Validator } from "@seriousme/openapi-schema-validator"
import { expect, test } from "vitest"
import { z } from "zod"
import { noContent, ok } from "./answer.ts"
import { describe } from "./openapi.ts"
import { boolParam, intParam, listParam, timeParam } from "./query.ts"
import { route } from "./route.ts"

const Thing = z.object({ id: z.string(), at: z.string().nullable(), more: z.record(z.string(), z.unknown()) })

const routes = [
  route({
    method: "GET",
    path: "/things",
    action: "inbox.read",
    list: true,
    query: z.object({
      open: boolParam.optional(),
      size: intParam(1, 5),
      from: timeParam.optional(),
      status: listParam(["a", "b"]).optional(),
    }),
    answers: { 200: z.object({ items: z.array(Thing) }) },
    handle: async () => ok({}),
  }),
  route({
    method: "PATCH",
    path: "/things/:id",
    action: { me: "agent.self", others: "agent.manage" },
    versioned: true,
    body: z.object({ name: z.string().trim().optional() }),
    answers: { 200: Thing },
    problems: ["name_taken"],
    handle: async () => ok({}),
  }),
  route({
    method: "POST",
    path: "/things/:id/files",
    action: "public",
    idempotent: true,
    accepts: ["multipart/form-data"],
    answers: { 201: Thing, 204: null },
    handle: async () => noContent(),
  }),
]

test("the description is valid OpenAPI 3.1 and names what the routes take", async () => {
  const description = describe(routes, { version: "1", publicUrl: "http://localhost" })
  const checked = await new Validator().validate(JSON.parse(JSON.stringify(description)))
  expect(checked.errors ?? []).toEqual([])
  const paths = description.paths as Record<
    string,
    Record<string, { parameters: { name: string; required: boolean }[]; responses: object }>
  >
  expect(paths["/api/things"]?.get?.parameters.map((one) => [one.name, one.required])).toEqual([
    ["limit", false],
    ["cursor", false],
    ["open", false],
    ["size", true],
    ["from", false],
    ["status", false],
  ])
  expect(Object.keys(paths["/api/things/{id}"]?.patch?.responses ?? {})).toEqual(
    expect.arrayContaining(["200", "400", "401", "403", "404", "409", "412", "422", "428"]),
  )
})

test("a schema of several routes is described once", () => {
  const { components } = describe(routes, { version: "1", publicUrl: "http://localhost" }) as {
    components: { schemas: Record<string, unknown> }
  }
  expect(Object.keys(components.schemas).filter((name) => name.startsWith("PatchThings"))).toEqual([
    "PatchThingsByIdBody",
    "PatchThingsByIdAnswer",
  ])
  expect(components.schemas.PostThingsByIdFilesAnswer).toBeUndefined()
})
