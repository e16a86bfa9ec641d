import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { createSecureContext } from "node:tls"

/** Where an operator keeps a certificate with its chain, and its private key: two PEM files. */
export type CertificateFiles = { certFile: string; keyFile: string }

export type CertificatePair = { cert: string; key: string }

/** A certificate whose files are looked at again, so that a renewed one needs no restart. */
export interface Certificate {
  readonly pair: CertificatePair
  /** Whether the files hold another pair now. Two that do not fit together are told of once, and the last good ones stay. */
  renewed(): Promise<boolean>
}

/** What is wrong with two files, by the file that must be changed; empty where they serve. */
export function certificateMistakes({ certFile, keyFile }: CertificateFiles): { cert?: string; key?: string } {
  const cert = readText(certFile)
  const key = readText(keyFile)
  if ("mistake" in cert || "mistake" in key) {
    return { ...("mistake" in cert && { cert: cert.mistake }), ...("mistake" in key && { key: key.mistake }) }
  }
  return pairMistakes({ cert: cert.text, key: key.text })
}

/** Reads the pair. Throws where it does not serve. */
export async function openCertificate(
  files: CertificateFiles,
  onError: (error: unknown) => void,
): Promise<Certificate> {
  let seen = await stateOf(files)
  let pair = await readPair(files)
  let looking: Promise<boolean> | null = null

  async function look(): Promise<boolean> {
    const now = await stateOf(files)
    if (now === seen) return false
    seen = now
    const read = await readPair(files)
    const changed = read.cert !== pair.cert || read.key !== pair.key
    pair = read
    return changed
  }

  return {
    get pair() {
      return pair
    },
    renewed() {
      looking ??= look()
        .catch((error: unknown) => {
          onError(error)
          return false
        })
        .finally(() => {
          looking = null
        })
      return looking
    },
  }
}

/** What changes when a file is written anew or a link leads elsewhere; a file that is missing is a state too. */
async function stateOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const states = [certFile, keyFile].map((path) =>
    stat(path, { bigint: true }).then(
      ({ ino, size, mtimeNs }) => `${ino} ${size} ${mtimeNs}`,
      () => "missing",
    ),
  )
  return (await Promise.all(states)).join(", ")
}

async function readPair({ certFile, keyFile }: CertificateFiles): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")])
  const mistakes = pairMistakes({ cert, key })
  const first = mistakes.cert ? `${certFile} ${mistakes.cert}` : mistakes.key ? `${keyFile} ${mistakes.key}` : null
  if (first !== null) throw new Error(`The certificate for incoming mail stays as it was: ${first}`)
  return { cert, key }
}

function pairMistakes({ cert, key }: CertificatePair): { cert?: string; key?: string } {
  const certificate = orNull(() => new X509Certificate(cert))
  const privateKey = orNull(() => createPrivateKey(key))
  if (!certificate || !privateKey) {
    return {
      ...(!certificate && { cert: "holds no certificate in PEM" }),
      ...(!privateKey && { key: "holds no private key in PEM without a passphrase" }),
    }
  }
  if (!certificate.checkPrivateKey(privateKey)) return { key: "is not the key of this certificate" }
  // The rest of the chain, and keys too short for TLS.
  if (!orNull(() => createSecureContext({ cert, key }))) return { cert: "cannot be used for TLS" }
  return {}
}

function readText(path: string): { text: string } | { mistake: string } {
  try {
    return { text: readFileSync(path, "utf8") }
  } catch (error) {
    return { mistake: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function orNull<T>(make: () => T): T | null {
  try {
    return make()
  } catch {
    return null
  }
}
