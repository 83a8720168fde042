import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that nobody listens on at this moment.
 *
 * @param wanted - given back if it is free; otherwise, and without it, the system chooses
 */
export async function freePort(wanted = 0): Promise<number> {
  return bind(wanted).catch(() => bind(0));
}

/** Binds the port and lets go of it again. */
function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("a TCP server without a port"));
      });
    });
  });
}
