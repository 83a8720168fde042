import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { GatewayConfig } from "../../config.ts";
import { counted } from "../../domain/text.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("gateway");

const DAY_MS = 86_400_000;
/** A certificate that ends so soon is worth a look. */
const SOON_DAYS = 14;

/**
 * Where people reach the session gateway, and whether its certificate can be used, and for how long.
 *
 * @param now - epoch milliseconds
 */
export async function checkGateway(config: GatewayConfig, now: number): Promise<Finding[]> {
  const { host, port, tls, publicHost, publicPort = port } = config;
  const where = found("fine", `listens on ${host}:${port}; people reach it at ${publicHost}:${publicPort}`);
  if (tls === undefined) return [where, found("warning", "sessions come in the clear", "set GATEWAY_TLS_CERT_FILE")];
  return [where, await checkCertificate(tls, publicHost, now)];
}

async function checkCertificate(
  { certFile, keyFile }: NonNullable<GatewayConfig["tls"]>,
  name: string,
  now: number,
): Promise<Finding> {
  let certificate: X509Certificate;
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    createSecureContext({ cert, key });
    certificate = new X509Certificate(cert);
  } catch {
    const hint = `see that ${certFile} and ${keyFile} are there, are PEM, and belong together`;
    return found("problem", "its certificate can't be used", hint);
  }
  const days = Math.floor((Date.parse(certificate.validTo) - now) / DAY_MS);
  if (days < 0) return found("problem", `its certificate ended ${certificate.validTo}`, "renew it, and start again");
  if (days < SOON_DAYS)
    return found("warning", `its certificate ends in ${counted(days, "day")}`, "renew it, and start again");
  const isFor = (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  if (!isFor)
    return found("warning", `its certificate is not for ${name}`, "clients with sslmode=verify-full will refuse it");
  return found("fine", `its certificate is for ${name}, ${counted(days, "day")} more`);
}
