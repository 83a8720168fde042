import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Redis } from "ioredis";
import { readConfig } from "../../src/config.ts";
import { GatewayCredentials } from "../../src/vault/gateway-credentials.ts";
import { openVault } from "../../src/vault/open-vault.ts";
import type { Stage } from "./stage.ts";

/** The target's own password for a request, as the session gateway opens it; undefined when there is none. */
export async function atGateway({ dir }: Stage, url: string, id: string): Promise<string | undefined> {
  const client = new Redis(url);
  try {
    const { keys } = openVault(readConfig({ DATA_DIR: join(dir, "data") }), randomBytes);
    return (await new GatewayCredentials(client, keys, randomBytes).open(id))?.password.reveal();
  } finally {
    client.disconnect();
  }
}
