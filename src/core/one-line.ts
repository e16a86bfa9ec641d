import { z } from "zod"

/** A name or subject: no line breaks or other control characters, which no list, header or e-mail could show as typed. */
export function oneLine(lengthMax: number) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(/^\P{Cc}*$/u, { error: "Write it on one line." })
}
