import { z } from "zod"

/** Who did something (api.md 1.1 Person). */
export const Person = z.object({
  id: z.string().nullable(),
  name: z.string(),
  email: z.string().nullable().optional(),
  type: z.enum(["user", "api_key", "system", "rule", "customer"]),
})
export type Person = z.infer<typeof Person>
