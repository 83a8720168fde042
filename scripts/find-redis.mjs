// Prints the path of a Redis server, fetched if need be. To be run with tsx, because the search itself is the program's own.
import { fileURLToPath } from "node:url";
import { findRedisServer } from "../src/redis/find-server.ts";

const cacheDir = fileURLToPath(new URL("../node_modules/.cache/breakglass", import.meta.url));
try {
  const { command } = await findRedisServer({ env: process.env, cacheDir, say: (line) => console.error(line) });
  console.log(command);
} catch (error) {
  console.error(`${error.message}\n${error.next ?? ""}`);
  process.exitCode = 1;
}
