import { z } from "zod"

/** A customer who wants no text messages from one of our numbers; only their START lifts it (spec 10.2). */
export const OptOut = z.object({
  customerAddress: z.string(),
  phoneNumberId: z.string(),
  keyword: z.string(),
  since: z.string(),
})
export type OptOut = z.infer<typeof OptOut>
