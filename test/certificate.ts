import { generateKeyPairSync, randomBytes, sign } from "node:crypto"

/**
 * A self-signed certificate for `name`, with a new P-256 key, valid from yesterday to tomorrow. Node reads X.509 and makes
 * none, and a key in the repository would be everybody's: this writes the few bytes of RFC 5280 that a certificate needs.
 */
export function selfSigned(name: string): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const algorithm = der(sequence, objectId("2a8648ce3d040302")) // ecdsa-with-SHA256
  const commonName = der(sequence, objectId("550403"), der(0x0c, Buffer.from(name)))
  const distinguished = der(sequence, der(0x31, commonName))
  const alternative = der(sequence, objectId("551d11"), der(0x04, der(sequence, der(0x82, Buffer.from(name)))))
  const signed = der(
    sequence,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    distinguished,
    der(sequence, time(-1), time(1)),
    distinguished,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(sequence, alternative)),
  )
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign("sha256", signed, privateKey)]))
  const bytes = der(sequence, signed, algorithm, signature).toString("base64").replace(/.{64}/g, "$&\n")
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${bytes}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  }
}

const sequence = 0x30

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"))
}

/** UTCTime, YYMMDDHHMMSSZ. */
function time(days: number): Buffer {
  const at = new Date(Date.now() + days * 86_400_000).toISOString()
  return der(0x17, Buffer.from(`${at.slice(2, 19).replace(/[-:T]/g, "")}Z`))
}
