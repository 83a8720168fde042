import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CodedError } from "./errors.ts";
import type { Secret } from "./secret.ts";
import { SIEM_ENVIRONMENT, siemConfig, type SiemConfig } from "./siem-config.ts";
import { ownHeader, signingSecret, webAddress, type OwnHeader } from "./webhook-settings.ts";

/** In which form a follow-up is sent: our own, or what an API of GitHub's takes. */
export const FOLLOW_UP_FORMATS = ["plain", "github-dispatch", "github-issue"] as const;

/** An empty variable is an unset one: `.env` files are full of them. */
const text = z
  .string()
  .trim()
  .transform((value) => (value === "" ? undefined : value))
  .optional();
const PORT_RANGE = "PORT is a number from 0 to 65535.";
const port = z.coerce.number<string>(PORT_RANGE).int(PORT_RANGE).min(0, PORT_RANGE).max(65_535, PORT_RANGE);

const environment = z.object({
  SLACK_BOT_TOKEN: text,
  SLACK_SIGNING_SECRET: text,
  SLACK_APP_TOKEN: text,
  SLACK_API_URL: z.url("SLACK_API_URL is a web address that ends in /api/.").default("https://slack.com/api/"),
  MicrosoftAppId: text,
  MicrosoftAppPassword: text,
  MicrosoftAppTenantId: text,
  MicrosoftAppType: z
    .enum(["SingleTenant", "UserAssignedMSI"], "MicrosoftAppType is SingleTenant or UserAssignedMSI.")
    .default("SingleTenant"),
  TEAMS_PLAYGROUND: z.enum(["true", "false"], "TEAMS_PLAYGROUND is true or false.").default("false"),
  REDIS_URL: text,
  DATA_DIR: z.string().min(1).default("./data"),
  ANOMALY_RULES: text,
  POLICY_FILE: z.string().min(1).default("./policy.yaml"),
  PUBLIC_URL: z.url("PUBLIC_URL is a web address.").default("http://localhost:3000"),
  TRUSTED_PROXIES: z.coerce
    .number<string>("TRUSTED_PROXIES is a number of proxies.")
    .int()
    .min(0)
    .max(10, "TRUSTED_PROXIES is a number of proxies, at most 10.")
    .default(0),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: port.default(3000),
  ROLE: z.enum(["all", "bot", "worker", "gateway"], "ROLE is all, bot, worker or gateway.").default("all"),
  GATEWAY_PORT: z
    .string()
    .regex(/^\d{1,5}$/, "GATEWAY_PORT is a number from 0 to 65535.")
    .transform(Number)
    .refine((value) => value <= 65_535, "GATEWAY_PORT is a number from 0 to 65535.")
    .optional(),
  GATEWAY_HOST: text,
  GATEWAY_TLS_CERT_FILE: text,
  GATEWAY_TLS_KEY_FILE: text,
  GATEWAY_PUBLIC_ADDRESS: text,
  VAULT_KEY_FILE: text,
  VAULT_DIR: text,
  VAULT_KMS_KEY: text,
  AWS_REGION: text,
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: text,
  AWS_ENDPOINT_URL_KMS: z.url("AWS_ENDPOINT_URL_KMS is a web address.").optional(),
  LEDGER_KEY_FILE: text,
  FOLLOW_UP_WEBHOOK_URL: text,
  FOLLOW_UP_WEBHOOK_SECRET: text,
  FOLLOW_UP_WEBHOOK_HEADER: text,
  FOLLOW_UP_WEBHOOK_FORMAT: z
    .enum(FOLLOW_UP_FORMATS, `FOLLOW_UP_WEBHOOK_FORMAT is ${FOLLOW_UP_FORMATS.join(", ")}.`)
    .default("plain"),
  ...SIEM_ENVIRONMENT,
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url("OTEL_EXPORTER_OTLP_ENDPOINT is a web address.").optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is a web address.").optional(),
  OTEL_SERVICE_NAME: z.string().default("breakglass"),
  LOG_LEVEL: z.enum(["error", "warn", "info", "debug"], "LOG_LEVEL is error, warn, info or debug.").default("info"),
  LOG_FORMAT: z.enum(["json", "pretty"], "LOG_FORMAT is json or pretty.").default("json"),
  NODE_ENV: text,
});

/** How to reach Slack, and how Slack reaches us. */
export interface SlackConfig {
  readonly botToken: string;
  readonly apiUrl: string;
  /** Over HTTP a signing secret, over Socket Mode an app token; Socket Mode if both are set. */
  readonly by: { readonly signingSecret: string } | { readonly appToken: string };
}

/** How Teams reaches us, and how we prove to it who we are. */
export interface TeamsConfig {
  /** The organisation's Entra tenant id: nobody of another one can do anything. */
  readonly tenant: string;
  /** The bot's registration; `playground` for Microsoft's Agents Playground on this machine, which proves nothing. */
  readonly by:
    | { readonly appId: string; readonly appPassword: string; readonly type: "SingleTenant" }
    | { readonly appId: string; readonly type: "UserAssignedMSI" }
    | "playground";
}

/** A key of AWS KMS, and how to reach it. */
export interface KmsConfig {
  /** The key's ARN, id or alias; several with commas, the newest first. */
  readonly key: string;
  readonly region: string;
  /** Another address than the region's own: a VPC endpoint. */
  readonly url: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** Where the session gateway listens, and how people reach it. */
export interface GatewayConfig {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Undefined: sessions come to it in the clear. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** What people connect to. */
  readonly publicHost: string;
  /** Undefined: the port it listens on. */
  readonly publicPort: number | undefined;
}

/** A part of the program that runs in a process of its own where `ROLE` says so. */
export type Role = "bot" | "worker" | "gateway";

/** Where follow-ups of reviews are sent. */
export interface FollowUpsConfig {
  /** It may hold a secret itself, as some trackers' addresses do. */
  readonly url: Secret;
  /** `whsec_` and base64: what is sent is signed with it. */
  readonly secret: Secret;
  /** Sent along, where the tracker wants one to let us in. */
  readonly header: OwnHeader | undefined;
  readonly format: (typeof FOLLOW_UP_FORMATS)[number];
}

/** Where traces are sent. */
export interface TracesConfig {
  /** It takes OTLP over HTTP, in JSON. */
  readonly url: string;
  readonly serviceName: string;
}

/** The environment, read once. DESIGN section 9 has the names. */
export interface Config {
  readonly role: "all" | Role;
  readonly gateway: GatewayConfig | undefined;
  readonly slack: SlackConfig | undefined;
  readonly teams: TeamsConfig | undefined;
  readonly redisUrl: string | undefined;
  readonly dataDir: string;
  readonly policyFile: string;
  /** The folder of anomaly rules. */
  readonly anomalyRules: string;
  readonly publicUrl: string;
  /** How many proxies stand before us: so many may say from which address a call came. */
  readonly trustedProxies: number;
  readonly host: string;
  readonly port: number;
  readonly vaultKeyFile: string;
  /** Where sealed accounts are: the same folder for every worker. */
  readonly vaultDir: string;
  /** The vault's key where that is kept in AWS KMS; the file's keys then only open what they sealed. */
  readonly kms: KmsConfig | undefined;
  readonly ledgerKeyFile: string;
  /** Undefined where follow-ups stay here. */
  readonly followUps: FollowUpsConfig | undefined;
  /** Undefined where the event stream goes nowhere. */
  readonly siem: SiemConfig | undefined;
  /** Undefined where nobody wants any. */
  readonly traces: TracesConfig | undefined;
  readonly production: boolean;
  readonly log: { readonly level: string; readonly format: "json" | "pretty" };
}

/** Whether a part of the program runs in this process. */
export function plays({ role, gateway }: Config, part: Role): boolean {
  return role === part || (role === "all" && (part !== "gateway" || gateway !== undefined));
}

/**
 * Reads the environment. Every problem is told at once.
 *
 * @param env - for instance `process.env`
 * @throws `CONFIG_INVALID`
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new CodedError("CONFIG_INVALID", ["The environment has problems:", ...lines].join("\n"), {
      next: ".env.example explains each variable.",
    });
  }
  const values = parsed.data;
  const dataDir = resolve(values.DATA_DIR);
  return {
    role: values.ROLE,
    slack: slackConfig(values),
    teams: teamsConfig(values),
    gateway: gatewayConfig(values),
    redisUrl: values.REDIS_URL,
    dataDir,
    policyFile: resolve(values.POLICY_FILE),
    anomalyRules: values.ANOMALY_RULES === undefined ? SHIPPED_RULES : resolve(values.ANOMALY_RULES),
    publicUrl: values.PUBLIC_URL,
    trustedProxies: values.TRUSTED_PROXIES,
    host: values.HOST,
    port: values.PORT,
    vaultKeyFile: resolve(values.VAULT_KEY_FILE ?? `${dataDir}/vault.key`),
    vaultDir: resolve(values.VAULT_DIR ?? `${dataDir}/vault`),
    kms: kmsConfig(values),
    ledgerKeyFile: resolve(values.LEDGER_KEY_FILE ?? `${dataDir}/ledger.key`),
    followUps: followUpsConfig(values),
    siem: siemConfig(values),
    traces: tracesConfig(values),
    production: values.NODE_ENV === "production",
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  };
}

function kmsConfig(values: z.output<typeof environment>): KmsConfig | undefined {
  const { VAULT_KMS_KEY: key, AWS_REGION: region, AWS_ENDPOINT_URL_KMS: url } = values;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = values;
  if (key === undefined) return undefined;
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CodedError("CONFIG_INVALID", "VAULT_KMS_KEY is set, and how to reach AWS is not.", {
      next: "Set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, where there is one).",
    });
  }
  return { key, region, url, accessKeyId, secretAccessKey, sessionToken };
}

function followUpsConfig(values: z.output<typeof environment>): FollowUpsConfig | undefined {
  const { FOLLOW_UP_WEBHOOK_URL: url, FOLLOW_UP_WEBHOOK_SECRET: secret, FOLLOW_UP_WEBHOOK_HEADER: header } = values;
  if (url === undefined) return undefined;
  return {
    url: webAddress("FOLLOW_UP_WEBHOOK_URL", url),
    secret: signingSecret("FOLLOW_UP_WEBHOOK_SECRET", secret),
    header: ownHeader("FOLLOW_UP_WEBHOOK_HEADER", header),
    format: values.FOLLOW_UP_WEBHOOK_FORMAT,
  };
}

/** OpenTelemetry's own names, and what they mean there. */
function tracesConfig(values: z.output<typeof environment>): TracesConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_SERVICE_NAME: serviceName } = values;
  const url =
    values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
  return url === undefined ? undefined : { url, serviceName };
}

function slackConfig(values: z.output<typeof environment>): SlackConfig | undefined {
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_APP_TOKEN: appToken } = values;
  const apiUrl = values.SLACK_API_URL.endsWith("/") ? values.SLACK_API_URL : `${values.SLACK_API_URL}/`;
  if (botToken === undefined) {
    if (signingSecret === undefined && appToken === undefined) return undefined;
    throw new CodedError("CONFIG_INVALID", "SLACK_BOT_TOKEN is missing.", {
      next: "It begins with xoxb- and stands under OAuth & Permissions.",
    });
  }
  if (appToken !== undefined) return { botToken, apiUrl, by: { appToken } };
  // Without a secret anybody could sign, and every call would count as Slack's.
  if (signingSecret === undefined || signingSecret.trim() === "") {
    throw new CodedError("CONFIG_INVALID", "SLACK_SIGNING_SECRET is missing or empty.", {
      next: "It stands under Basic Information, App Credentials. Or set SLACK_APP_TOKEN to use Socket Mode.",
    });
  }
  return { botToken, apiUrl, by: { signingSecret } };
}

function teamsConfig(values: z.output<typeof environment>): TeamsConfig | undefined {
  const { MicrosoftAppId: appId, MicrosoftAppPassword: appPassword, MicrosoftAppTenantId: tenant } = values;
  const { MicrosoftAppType: type, TEAMS_PLAYGROUND } = values;
  const playground = TEAMS_PLAYGROUND === "true";
  if (appId === undefined && appPassword === undefined && tenant === undefined && !playground) return undefined;
  const missing = (name: string, next: string) => new CodedError("CONFIG_INVALID", `${name} is missing.`, { next });
  if (tenant === undefined)
    throw missing("MicrosoftAppTenantId", "It stands in Entra's overview of your organisation, as Tenant ID.");
  if (appId === undefined) {
    // Bot Framework's adapter lets anyone in who comes without an app id's token.
    if (!playground)
      throw missing("MicrosoftAppId", "It stands in the bot's registration, as Application (client) ID.");
    if (values.NODE_ENV === "production" || !LOOPBACK.includes(values.HOST)) {
      throw new CodedError("CONFIG_INVALID", "TEAMS_PLAYGROUND lets in whoever calls.", {
        next: "It is for one's own machine: not with NODE_ENV=production, and only with HOST=127.0.0.1.",
      });
    }
    return { tenant, by: "playground" };
  }
  if (playground) {
    throw new CodedError("CONFIG_INVALID", "TEAMS_PLAYGROUND and MicrosoftAppId are both set.", {
      next: "Take one of them out: with an app id, only Teams is let in.",
    });
  }
  if (type === "UserAssignedMSI") return { tenant, by: { appId, type } };
  if (appPassword === undefined)
    throw missing("MicrosoftAppPassword", "It is the value of a client secret of the bot's registration.");
  return { tenant, by: { appId, appPassword, type } };
}

function gatewayConfig(values: z.output<typeof environment>): GatewayConfig | undefined {
  const { GATEWAY_PORT: port, GATEWAY_HOST: host = values.HOST, GATEWAY_PUBLIC_ADDRESS: address } = values;
  const { GATEWAY_TLS_CERT_FILE: certFile, GATEWAY_TLS_KEY_FILE: keyFile } = values;
  const wrong = (message: string, next: string) => new CodedError("CONFIG_INVALID", message, { next });
  if (port === undefined) {
    if (values.ROLE !== "gateway") return undefined;
    throw wrong("GATEWAY_PORT is missing.", "ROLE=gateway listens there for Postgres clients: 5432, for instance.");
  }
  if ((certFile === undefined) !== (keyFile === undefined))
    throw wrong(
      "GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE belong together, and one is missing.",
      "Set both: the certificate with its chain, and its key, as PEM.",
    );
  if (certFile === undefined && values.NODE_ENV === "production" && !LOOPBACK.includes(host))
    throw wrong(
      "The session gateway would take sessions in the clear from other machines.",
      "Set GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE, or GATEWAY_HOST=127.0.0.1.",
    );
  if (port === 0 && values.ROLE !== "all" && values.ROLE !== "bot" && address === undefined)
    throw wrong("GATEWAY_PORT is 0, so nobody else knows which it is.", "Name one, or set GATEWAY_PUBLIC_ADDRESS.");
  const tls =
    certFile === undefined || keyFile === undefined
      ? undefined
      : { certFile: resolve(certFile), keyFile: resolve(keyFile) };
  const listening = ["0.0.0.0", "::"].includes(host) ? new URL(values.PUBLIC_URL).hostname : host;
  return { host, port, tls, ...publicAddress(address ?? (listening.includes(":") ? `[${listening}]` : listening)) };
}

/** `db.acme.test`, `db.acme.test:5432`, `[2001:db8::1]:5432`. */
function publicAddress(address: string): Pick<GatewayConfig, "publicHost" | "publicPort"> {
  const [, inBrackets, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(address) ?? [];
  const publicHost = inBrackets ?? plain;
  if (publicHost === undefined || Number(port ?? 1) > 65_535)
    throw new CodedError("CONFIG_INVALID", "GATEWAY_PUBLIC_ADDRESS can't be read.", {
      next: "It is where people reach the session gateway: db.acme.test, or db.acme.test:5432.",
    });
  return { publicHost, publicPort: port === undefined ? undefined : Number(port) };
}

/** The rules that come with the program. */
const SHIPPED_RULES = fileURLToPath(new URL("../manifests/anomalies", import.meta.url));
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
