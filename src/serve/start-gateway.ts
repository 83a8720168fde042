import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { GatewayAddress } from "../app/through-gateway.ts";
import type { GatewayConfig } from "../config.ts";
import { CodedError } from "../errors.ts";
import { Admission } from "../gateway/admission.ts";
import { channelBinding } from "../gateway/channel-binding.ts";
import { followEnds } from "../gateway/follow-ends.ts";
import { Gateway } from "../gateway/gateway.ts";
import { GatewayCredentials } from "../vault/gateway-credentials.ts";
import { gauge } from "../web/exposition.ts";
import type { Foundation } from "./foundation.ts";
import { observing, type Observing } from "./observing.ts";
import type { Part } from "./start-worker.ts";

/** What people connect to, in a process that has a gateway or makes their credentials. */
export function gatewayAddress({ publicHost: host, publicPort, tls }: GatewayConfig, port: number): GatewayAddress {
  return { host, port: publicPort ?? port, ...(tls !== undefined && { sslmode: "require" }) };
}

/**
 * Starts the session gateway, and what enters into the ledger what is run through it. The gateway holds the passwords with which targets are reached for grants that are on, and no other key to them.
 *
 * @param recorderOf - instead of recordings in `DATA_DIR`
 * @returns the part, and the port it listens on
 * @throws `CONFIG_INVALID`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`, `ANOMALY_RULES_INVALID`
 */
export async function startGateway(
  base: Foundation,
  config: GatewayConfig,
): Promise<{ readonly part: Part; readonly port: number }> {
  const { ledger, redis, vault, now, log } = base;
  await vault.keys.names();
  const clock = () => performance.now();
  const credentials = new GatewayCredentials(redis, vault.keys, randomBytes);
  const { tls, binding } = config.tls === undefined ? {} : await readTls(config.tls);
  const admission = new Admission({ ledger, credentials, now, mockKey: randomBytes(32), binding, log });
  const observed: Observing = await observing(base, () => gateway.sessions.requests.map((id) => ({ id })));
  const gateway = new Gateway({
    admission,
    recorderOf: observed.recorderOf,
    tls,
    trace: base.watch.trace,
    now,
    clock,
    log,
  });
  const port = await gateway.listen(config.host, config.port);
  const { sessions } = gateway;
  await observed.observe.start();
  const stopFollowing = followEnds({ redis: base.blockingRedis(), ledger, sessions, clock, log });
  const part: Part = {
    name: "gateway",
    metrics: () =>
      Promise.resolve([
        gauge("breakglass_gateway_sessions", "Sessions through this gateway that are on", sessions.count),
      ]),
    stop: async () => {
      await gateway.stop();
      await stopFollowing();
      await observed.observe.stop();
    },
    ready: () => Promise.resolve(undefined),
  };
  return { part, port };
}

async function readTls({ certFile, keyFile }: NonNullable<GatewayConfig["tls"]>) {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    return { tls: createSecureContext({ cert, key, minVersion: "TLSv1.2" }), binding: channelBinding(cert) };
  } catch (cause) {
    throw new CodedError("CONFIG_INVALID", "The session gateway's certificate can't be used.", {
      next: `See that GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE (${certFile}, ${keyFile}) are PEM and belong together.`,
      cause,
    });
  }
}
