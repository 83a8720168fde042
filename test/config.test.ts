import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { readConfig } from "../src/config.ts";
import { CodedError } from "../src/errors.ts";

const HTTP = { SLACK_BOT_TOKEN: "xoxb-canary", SLACK_SIGNING_SECRET: "0123456789abcdef0123456789abcdef" };

const TEAMS = { MicrosoftAppId: "app", MicrosoftAppPassword: "canary", MicrosoftAppTenantId: "tenant" };

/** The refusal of an environment. */
function refused(env: Record<string, string | undefined>): CodedError {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === "CONFIG_INVALID", String(error));
    assert.notEqual(error.next, "");
    return error;
  }
  return assert.fail("it was accepted");
}

describe("the environment", () => {
  it("needs nothing: an empty one is a program without a chat platform and with a Redis of its own", () => {
    assert.deepEqual(readConfig({}), {
      role: "all",
      slack: undefined,
      teams: undefined,
      gateway: undefined,
      redisUrl: undefined,
      dataDir: resolve("data"),
      policyFile: resolve("policy.yaml"),
      anomalyRules: join(import.meta.dirname, "../manifests/anomalies"),
      publicUrl: "http://localhost:3000",
      trustedProxies: 0,
      host: "127.0.0.1",
      port: 3000,
      vaultKeyFile: resolve("data/vault.key"),
      vaultDir: resolve("data/vault"),
      kms: undefined,
      ledgerKeyFile: resolve("data/ledger.key"),
      followUps: undefined,
      siem: undefined,
      traces: undefined,
      production: false,
      log: { level: "info", format: "json" },
    });
  });

  it("takes every variable of the design", () => {
    const config = readConfig({
      ...HTTP,
      SLACK_API_URL: "http://127.0.0.1:9/api",
      ...TEAMS,
      REDIS_URL: "rediss://redis.acme.test",
      DATA_DIR: "/var/lib/breakglass",
      POLICY_FILE: "/etc/breakglass/policy.yaml",
      ANOMALY_RULES: "/etc/breakglass/rules",
      PUBLIC_URL: "https://breakglass.acme.test",
      TRUSTED_PROXIES: "1",
      HOST: "0.0.0.0",
      GATEWAY_PORT: "5432",
      GATEWAY_HOST: "10.0.0.5",
      GATEWAY_TLS_CERT_FILE: "/run/secrets/db.crt",
      GATEWAY_TLS_KEY_FILE: "/run/secrets/db.key",
      GATEWAY_PUBLIC_ADDRESS: "db.acme.test",
      PORT: "8080",
      ROLE: "worker",
      VAULT_KEY_FILE: "/run/secrets/vault.key",
      VAULT_DIR: "/srv/vault",
      VAULT_KMS_KEY: "alias/breakglass",
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "canary-secret",
      AWS_ENDPOINT_URL_KMS: "https://kms.acme.test/",
      LEDGER_KEY_FILE: "/run/secrets/ledger.key",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "pretty",
      NODE_ENV: "production",
    });
    assert.deepEqual(config, {
      role: "worker",
      slack: {
        botToken: "xoxb-canary",
        apiUrl: "http://127.0.0.1:9/api/",
        by: { signingSecret: HTTP.SLACK_SIGNING_SECRET },
      },
      teams: { tenant: "tenant", by: { appId: "app", appPassword: "canary", type: "SingleTenant" } },
      redisUrl: "rediss://redis.acme.test",
      dataDir: "/var/lib/breakglass",
      policyFile: "/etc/breakglass/policy.yaml",
      anomalyRules: "/etc/breakglass/rules",
      publicUrl: "https://breakglass.acme.test",
      trustedProxies: 1,
      host: "0.0.0.0",
      port: 8080,
      vaultKeyFile: "/run/secrets/vault.key",
      vaultDir: "/srv/vault",
      kms: {
        key: "alias/breakglass",
        region: "eu-central-1",
        url: "https://kms.acme.test/",
        accessKeyId: "AKIDEXAMPLE",
        secretAccessKey: "canary-secret",
        sessionToken: undefined,
      },
      gateway: {
        host: "10.0.0.5",
        port: 5432,
        tls: { certFile: "/run/secrets/db.crt", keyFile: "/run/secrets/db.key" },
        publicHost: "db.acme.test",
        publicPort: undefined,
      },
      ledgerKeyFile: "/run/secrets/ledger.key",
      followUps: undefined,
      siem: undefined,
      traces: undefined,
      production: true,
      log: { level: "debug", format: "pretty" },
    });
  });

  it("counts an empty variable as unset, as .env files have them", () => {
    const empty = { SLACK_BOT_TOKEN: "", SLACK_SIGNING_SECRET: " ", REDIS_URL: "", PORT: "", ROLE: "", DATA_DIR: "" };
    assert.deepEqual(readConfig({ ...empty, LOG_LEVEL: undefined }), readConfig({}));
  });

  it("uses Socket Mode when an app token is set, whatever else is", () => {
    assert.deepEqual(readConfig({ ...HTTP, SLACK_APP_TOKEN: "xapp-1" }).slack?.by, { appToken: "xapp-1" });
  });

  it("stops the program when calls could not be told from forged ones", () => {
    for (const secret of [undefined, "", "   "]) {
      assert.match(refused({ ...HTTP, SLACK_SIGNING_SECRET: secret }).message, /SLACK_SIGNING_SECRET/);
    }
    assert.match(refused({ SLACK_SIGNING_SECRET: HTTP.SLACK_SIGNING_SECRET }).message, /SLACK_BOT_TOKEN is missing/);
    assert.match(refused({ SLACK_APP_TOKEN: "xapp-1" }).message, /SLACK_BOT_TOKEN is missing/);
  });

  it("lets nobody into Teams without an app id, but on one's own machine and never in production", () => {
    const playground = { TEAMS_PLAYGROUND: "true", MicrosoftAppTenantId: "tenant" };
    assert.deepEqual(readConfig(playground).teams, { tenant: "tenant", by: "playground" });
    assert.match(refused({ ...TEAMS, MicrosoftAppId: "" }).message, /MicrosoftAppId is missing/);
    assert.match(refused({ MicrosoftAppTenantId: "tenant" }).message, /MicrosoftAppId is missing/);
    assert.match(refused({ ...playground, NODE_ENV: "production" }).message, /lets in whoever calls/);
    assert.match(refused({ ...playground, HOST: "0.0.0.0" }).message, /lets in whoever calls/);
    assert.match(refused({ ...TEAMS, TEAMS_PLAYGROUND: "true" }).message, /both set/);
  });

  it("wants for Teams what a registration of one tenant has", () => {
    assert.match(refused({ ...TEAMS, MicrosoftAppTenantId: "" }).message, /MicrosoftAppTenantId is missing/);
    assert.match(refused({ ...TEAMS, MicrosoftAppPassword: " " }).message, /MicrosoftAppPassword is missing/);
    assert.match(refused({ ...TEAMS, MicrosoftAppType: "MultiTenant" }).message, /SingleTenant or UserAssignedMSI/);
    const identity = { ...TEAMS, MicrosoftAppType: "UserAssignedMSI", MicrosoftAppPassword: "" };
    assert.deepEqual(readConfig(identity).teams?.by, { appId: "app", type: "UserAssignedMSI" });
  });

  it("has a session gateway where GATEWAY_PORT says so, and says where people reach it", () => {
    const gateway = (env: Record<string, string>) => readConfig({ GATEWAY_PORT: "5432", ...env }).gateway;
    const plain = { host: "127.0.0.1", port: 5432, tls: undefined, publicPort: undefined };
    assert.deepEqual(gateway({}), { ...plain, publicHost: "127.0.0.1" });
    const named = { GATEWAY_PUBLIC_ADDRESS: "db.acme.test:6432", GATEWAY_HOST: "::1" };
    assert.deepEqual(gateway(named), { ...plain, host: "::1", publicHost: "db.acme.test", publicPort: 6432 });
    assert.equal(gateway({ GATEWAY_PUBLIC_ADDRESS: "[2001:db8::1]" })?.publicHost, "2001:db8::1");
    assert.equal(gateway({ HOST: "::1" })?.publicHost, "::1");
    const everywhere = { GATEWAY_HOST: "0.0.0.0", PUBLIC_URL: "https://breakglass.acme.test" };
    assert.equal(gateway(everywhere)?.publicHost, "breakglass.acme.test");
    const tls = { GATEWAY_TLS_CERT_FILE: "/run/tls.crt", GATEWAY_TLS_KEY_FILE: "/run/tls.key" };
    assert.deepEqual(gateway(tls)?.tls, { certFile: "/run/tls.crt", keyFile: "/run/tls.key" });
    assert.equal(readConfig({ ROLE: "gateway", GATEWAY_PORT: "5432" }).role, "gateway");

    for (const port of ["0x10", "-1", "65536", "5e3"]) refused({ GATEWAY_PORT: port });
    for (const address of ["db acme", "db:99999", "user@db", "::1"])
      assert.match(refused({ GATEWAY_PORT: "1", GATEWAY_PUBLIC_ADDRESS: address }).message, /can't be read/);
    assert.match(refused({ ROLE: "gateway" }).message, /GATEWAY_PORT is missing/);
    assert.match(refused({ ROLE: "worker", GATEWAY_PORT: "0" }).message, /nobody else knows/);
    assert.match(refused({ GATEWAY_PORT: "1", GATEWAY_TLS_CERT_FILE: "/a" }).message, /belong together/);
    const production = { NODE_ENV: "production", GATEWAY_PORT: "5432" };
    assert.equal(readConfig(production).gateway?.tls, undefined);
    assert.match(refused({ ...production, GATEWAY_HOST: "10.0.0.5" }).message, /in the clear/);
    assert.ok(readConfig({ ...production, GATEWAY_HOST: "10.0.0.5", ...tls }).gateway?.tls);
  });

  it("names every problem at once, and what would be right", () => {
    const { message } = refused({ PORT: "http", ROLE: "leader", LOG_FORMAT: "xml", PUBLIC_URL: "acme" });
    assert.match(message, /PORT is a number from 0 to 65535/);
    assert.match(message, /ROLE is all, bot, worker or gateway/);
    assert.match(message, /LOG_FORMAT is json or pretty/);
    assert.match(message, /PUBLIC_URL is a web address/);
    for (const PORT of ["-1", "65536", "80.5", "8e"]) refused({ PORT });
  });

  it("shows no secret in what it says", () => {
    const error = refused({ ...HTTP, SLACK_SIGNING_SECRET: "canary", PORT: "x" });
    const other = refused({ ...HTTP, SLACK_BOT_TOKEN: "", SLACK_SIGNING_SECRET: "canary" });
    for (const { message, next } of [error, other]) assert.doesNotMatch(message + next, /canary/);
  });
});
