import { createHash, X509Certificate } from "node:crypto";

/** Hash functions by the signature of a certificate, as its DER has it: RFC 5929 section 4.1, which has SHA-256 in place of MD5 and SHA-1. */
const HASHES: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
};

/**
 * What a login is bound to, so that it counts for this server alone (tls-server-end-point, RFC 5929): the hash of its certificate.
 *
 * @param pem - the server's certificate, its own first
 * @returns undefined for a certificate whose signature has no one hash function
 */
export function channelBinding(pem: string | Buffer): Buffer | undefined {
  const { raw } = new X509Certificate(pem);
  const hash = HASHES[signatureOf(raw)];
  return hash === undefined ? undefined : createHash(hash).update(raw).digest();
}

/** The object identifier of a certificate's signature, in hexadecimal: Certificate is a sequence of what is signed, and how. */
function signatureOf(der: Buffer): string {
  const certificate = contentAt(der, 0);
  const signed = contentAt(der, certificate.from);
  const algorithm = contentAt(der, signed.to);
  const identifier = contentAt(der, algorithm.from);
  return der.toString("hex", identifier.from, identifier.to);
}

/** Where the content of what begins there stands. */
function contentAt(der: Buffer, at: number): { readonly from: number; readonly to: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { from: at + 2, to: at + 2 + first };
  const bytes = first & 0x7f;
  const from = at + 2 + bytes;
  return { from, to: from + der.readUIntBE(at + 2, bytes) };
}
