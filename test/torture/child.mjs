// A served bot and worker that a test can arm: it kills itself at a named point of its own work. It runs the built program.
//   node child.mjs '{"port":0,…environment}'
// It tells its address by IPC, and takes `{ arm: "grant.after", nth: 2 }`.
import { open } from "node:fs/promises";
import { WebClient } from "@slack/web-api";
import { AppendQueue } from "../../dist/ledger/append-queue.js";
import { readConfig } from "../../dist/config.js";
import { silent } from "../../dist/log.js";
import { start } from "../../dist/main.js";
import { providerKind } from "../../dist/providers/registry.js";

let armed = { point: "", nth: 0 };

/** @param {string} point */
function pass(point) {
  if (armed.point !== point) return;
  armed.nth -= 1;
  if (armed.nth <= 0) process.kill(process.pid, "SIGKILL");
}

/** Passes `<name>.before` and `<name>.after` around a method. */
function around(target, method, name) {
  const work = target[method];
  target[method] = async function (...args) {
    pass(`${name}.before`);
    const result = await work.apply(this, args);
    pass(`${name}.after`);
    return result;
  };
}

around(AppendQueue.prototype, "append", "append");
around(WebClient.prototype, "apiCall", "chat");
const file = await open(process.argv[1] ?? "", "r");
const fileHandle = Object.getPrototypeOf(file);
await file.close();
around(fileHandle, "appendFile", "mirror");
around(fileHandle, "datasync", "flush");

/** @param {string} kind */
function kindOf(kind) {
  const known = providerKind(kind);
  return {
    ...known,
    open: (connection) => {
      const provider = { ...known.open(connection) };
      for (const method of ["grant", "revoke", "list"]) around(provider, method, method);
      return provider;
    },
  };
}

const env = { ...process.env, ...JSON.parse(process.argv[2] ?? "{}") };
process.on("message", (message) => {
  armed = { point: message.arm, nth: message.nth };
});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
try {
  const running = await start(readConfig(env), env, { log: silent, kindOf });
  process.send?.({ url: running.url });
} catch (error) {
  // Without a Redis it can't start, and is started again.
  if (!String(error.code).startsWith("REDIS_")) console.error(error);
  process.exit(1);
}
