import { newId } from "../../ids.ts"

/** Two letters that say what it is, and 32 hexadecimal digits. */
export function newSid(kind: string): string {
  return kind + newId().replaceAll("-", "")
}
