import { resolve } from "node:path";
import { z } from "zod";
import { CodedError } from "./errors.ts";
import type { Secret } from "./secret.ts";
import { ownHeader, signingSecret, webAddress, type OwnHeader } from "./webhook-settings.ts";

/** A syslog receiver, reached over TLS. */
export interface SyslogConfig {
  readonly host: string;
  readonly port: number;
}

/** A web address that takes events. */
export interface WebhookConfig {
  /** It may hold a secret itself. */
  readonly url: Secret;
  /** `whsec_` and base64: what is sent is signed with it. */
  readonly secret: Secret;
  readonly header: OwnHeader | undefined;
}

/** Where the event stream goes. */
export interface SiemConfig {
  readonly syslog: SyslogConfig | undefined;
  readonly webhook: WebhookConfig | undefined;
  /** PEM: whom we believe to be them, instead of the public authorities; also their own certificate. */
  readonly caFile: string | undefined;
  /** PEM: who we say we are. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Whether a request's justification goes along. */
  readonly justifications: boolean;
}

const text = z
  .string()
  .trim()
  .transform((value) => (value === "" ? undefined : value))
  .optional();

/** The variables of the event stream. */
export const SIEM_ENVIRONMENT = {
  SIEM_SYSLOG_URL: text,
  SIEM_WEBHOOK_URL: text,
  SIEM_WEBHOOK_SECRET: text,
  SIEM_WEBHOOK_HEADER: text,
  SIEM_CA_FILE: text,
  SIEM_CLIENT_CERT_FILE: text,
  SIEM_CLIENT_KEY_FILE: text,
  SIEM_JUSTIFICATIONS: z.enum(["true", "false"], "SIEM_JUSTIFICATIONS is true or false.").default("false"),
} as const;

type Values = z.output<z.ZodObject<typeof SIEM_ENVIRONMENT>>;

/** What is set of the event stream; undefined where nothing is. @throws `CONFIG_INVALID` */
export function siemConfig(values: Values): SiemConfig | undefined {
  const { SIEM_CA_FILE: caFile, SIEM_CLIENT_CERT_FILE: certFile, SIEM_CLIENT_KEY_FILE: keyFile } = values;
  const syslog = syslogConfig(values);
  const webhook = webhookConfig(values);
  if (syslog === undefined && webhook === undefined) return undefined;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw wrong(
      "SIEM_CLIENT_CERT_FILE and SIEM_CLIENT_KEY_FILE belong together, and one is missing.",
      "Set both, as PEM, or neither.",
    );
  return {
    syslog,
    webhook,
    caFile: caFile === undefined ? undefined : resolve(caFile),
    client:
      certFile === undefined || keyFile === undefined
        ? undefined
        : { certFile: resolve(certFile), keyFile: resolve(keyFile) },
    justifications: values.SIEM_JUSTIFICATIONS === "true",
  };
}

/** Over TLS alone: RFC 5425 has its own port for it. */
function syslogConfig({ SIEM_SYSLOG_URL: address }: Values): SyslogConfig | undefined {
  if (address === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const { hostname = "", username = "", pathname = "" } = url ?? {};
  if (url?.protocol !== "syslog+tls:" || hostname === "" || username !== "" || !["", "/"].includes(pathname))
    throw wrong("SIEM_SYSLOG_URL is no address of a receiver.", "It reads like syslog+tls://siem.acme.test:6514.");
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ""), port: url.port === "" ? 6_514 : Number(url.port) };
}

function webhookConfig(values: Values): WebhookConfig | undefined {
  const { SIEM_WEBHOOK_URL: url, SIEM_WEBHOOK_SECRET: secret, SIEM_WEBHOOK_HEADER: header } = values;
  if (url === undefined) return undefined;
  return {
    url: webAddress("SIEM_WEBHOOK_URL", url),
    secret: signingSecret("SIEM_WEBHOOK_SECRET", secret),
    header: ownHeader("SIEM_WEBHOOK_HEADER", header),
  };
}

function wrong(message: string, next: string): CodedError {
  return new CodedError("CONFIG_INVALID", message, { next });
}
