import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { link, mkdir, readFile, stat, unlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { newSecret } from "./ids.ts"

/** Keys for signing and sealing, one per purpose, all from one secret: reading the database alone lets nobody in. */
export interface Keys {
  /** 32 bytes, always the same for one purpose, telling nothing of the others (HKDF, RFC 5869). */
  derive(purpose: string): Buffer
  /** Encrypts for storage (AES-256-GCM); the same text twice gives two different results. */
  seal(plain: string): string
  /** Throws where the text was sealed under another secret or altered. */
  open(sealed: string): string
  /** Says which secret this is without giving it away: processes of one database compare it at start. */
  readonly fingerprint: string
}

const nonceBytes = 12
const tagBytes = 16

export function keysFrom(secret: string): Keys {
  const material = createHash("sha256").update(secret).digest()
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", material, "switchboard", purpose, 32))
  const sealing = derive("sealed values")
  return {
    derive,
    seal(plain) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce)
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()])
      return `v1.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url")}`
    },
    open(sealed) {
      if (!sealed.startsWith("v1.")) throw new Error("not a sealed value")
      const bytes = Buffer.from(sealed.slice(3), "base64url")
      if (bytes.length < nonceBytes + tagBytes) throw new Error("not a sealed value")
      const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, nonceBytes))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8")
    },
    fingerprint: derive("fingerprint").toString("hex").slice(0, 16),
  }
}

/**
 * From SECRET_KEY, else from `DATA_DIR/secret-key`, which the first start makes. `forget` takes a file away that was made
 * just now: where another secret is needed, it would pass for it.
 */
export async function loadKeys(config: {
  secretKey?: string
  dataDir: string
}): Promise<Keys & { forget(): Promise<void> }> {
  const path = join(config.dataDir, "secret-key")
  const isNew = config.secretKey === undefined && !(await exists(path))
  const keys = keysFrom(config.secretKey ?? (await secretFile(config.dataDir, "secret-key")))
  return { ...keys, forget: async () => (isNew ? unlink(path) : undefined) }
}

/** From OPERATOR_TOKEN, else from `DATA_DIR/operator-token`. */
export async function loadOperatorToken(config: { operatorToken?: string; dataDir: string }): Promise<string> {
  return config.operatorToken ?? (await secretFile(config.dataDir, "operator-token"))
}

async function secretFile(dataDir: string, name: string): Promise<string> {
  const path = join(dataDir, name)
  const found = await readSecret(path)
  if (found !== undefined) return found
  await mkdir(dataDir, { recursive: true })
  if (await exists(path)) throw new Error(`${path} is empty: put the secret back that was in it, or remove the file`)
  // Whole or not there, and the first of two starts wins: link never replaces.
  const draft = `${path}.${newSecret(6)}`
  await writeFile(draft, `${newSecret()}\n`, { mode: 0o600, flush: true })
  await link(draft, path).catch(unless("EEXIST"))
  await unlink(draft)
  return (await readFile(path, "utf8")).trim()
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(unless("ENOENT"))) !== undefined
}

async function readSecret(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8").catch(unless("ENOENT")))?.trim() || undefined
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error
    return undefined
  }
}
