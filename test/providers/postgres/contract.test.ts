import { postgresKind } from "../../../src/providers/postgres/kind.ts";
import { freePort } from "../../../src/redis/free-port.ts";
import { providerContract } from "../contract.ts";
import { login, orderFor, ordersServer } from "./server.ts";

providerContract("postgres", async () => {
  const server = await ordersServer();
  const nowhere = `postgres://postgres:x@127.0.0.1:${await freePort()}/postgres`;
  return {
    provider: server.provider,
    unreachable: postgresKind.open(postgresKind.parseConnection({ url: nowhere })),
    role: orderFor("BG-000000").role,
    works: async (credential) => {
      const client = await login(server.port, credential).catch(() => undefined);
      await client?.end();
      return client !== undefined;
    },
    stop: () => server.stop(),
  };
});
