import { z } from "zod"
import { oneLine } from "../one-line.ts"
import { roles } from "../permissions.ts"

export const RoleShape = z.enum(roles)

/** How many messaging conversations an agent is given, and may pull; `null` is the organization's. */
export const Capacity = z.strictObject({ standard: z.int().min(1).max(100), maximum: z.int().min(1).max(100) })
export type Capacity = z.infer<typeof Capacity>

/** A person of the organization (api.md 2.2). */
export const User = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  roles: z.array(RoleShape),
  inboxIds: z.array(z.string()),
  teamIds: z.array(z.string()),
  skillIds: z.array(z.string()),
  status: z.enum(["invited", "active", "deactivated"]),
  capacity: z.object({ standard: z.int(), maximum: z.int() }).nullable(),
  twoFactor: z.boolean(),
  lastSeenAt: z.string().nullable(),
  version: z.int(),
})
export type User = z.infer<typeof User>

export const PersonName = oneLine(100).min(1)

/** Lower-cased on write. */
export const MailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(254)
  .regex(/^[^\s@<>,;:"\\()[\]]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/, {
    error: "Enter an e-mail address such as ana@example.com.",
  })

/** What one person set for himself. */
export const Preferences = z.object({
  theme: z.enum(["system", "light", "dark"]).default("system"),
  language: z.string().max(20).default("en"),
  sounds: z.boolean().default(true),
  shortcuts: z.boolean().default(true),
  undoSeconds: z.int().min(0).max(30).default(5),
})
export type Preferences = z.infer<typeof Preferences>
