// A session gateway in a process of its own, which may be killed. It says where it listens.
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";

const running = await start(readConfig(process.env), process.env, { log: silent });
process.send?.({ port: running.gateway?.port });
