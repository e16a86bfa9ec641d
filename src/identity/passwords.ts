import { hash, verify } from "@node-rs/argon2"

export const passwordLengthMin = 12
export const passwordLengthMax = 128

/** argon2id with the library's parameters (19 MiB, 2 passes), which OWASP's minimum is. */
export function hashPassword(password: string): Promise<string> {
  return hash(password)
}

let dummy: Promise<string> | null = null

/** Takes as long for an account that does not exist, or has no password, as for a wrong password. */
export async function passwordFits(stored: string | null, password: string): Promise<boolean> {
  dummy ??= hash("nobody has this password")
  const fits = await verify(stored ?? (await dummy), password)
  return stored !== null && fits
}
