import { z } from "zod";
import { createLog } from "../../src/create-log.ts";
import { Secret } from "../../src/secret.ts";

/** Logs a few lines with secrets in every place, in a process of its own, whose stderr is then looked at. */
const [format = "", level = "", json = ""] = process.argv.slice(2);
const log = createLog({ level, format: z.enum(["json", "pretty"]).parse(format) });
const secrets = z.record(z.string(), z.string()).parse(JSON.parse(json));

log.debug("looked");
log.info("granted", { request: "BG-7K3M2Q", deep: { ...secrets }, password: new Secret("canary") });
const error = Object.assign(
  new TypeError(`failed at postgres://admin:canary@db/orders ${Object.values(secrets).join(" ")}`),
  {
    code: "E_SDK",
    config: { headers: { authorization: "canary" } },
  },
);
error.cause = new Error("the cause");
log.error("failed", { error });
