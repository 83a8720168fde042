import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { asCoded } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";

/** Copies a ledger twice, in a process of its own whose files may not grow, and prints what came of it. */
const [url = "", path = ""] = process.argv.slice(2);
const redis = connectRedis(url, { role: "commands", log: silent });
const mirror = await Mirror.open(path, new Ledger(redis, () => ""));
const copy = () =>
  mirror.catchUp().then(
    () => "copied",
    (error: unknown) => asCoded(error).code,
  );
const results = [await copy(), await copy()];
process.stdout.write(`${mirror.head.seq} ${results.join(" ")}\n`);
redis.disconnect();
