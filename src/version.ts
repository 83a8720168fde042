import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const PACKAGE = new URL("../package.json", import.meta.url);

/** The program's version, as its package has it; `unknown` where it was put into one file, without its package. */
export const VERSION = existsSync(PACKAGE)
  ? z.object({ version: z.string() }).parse(JSON.parse(readFileSync(PACKAGE, "utf8"))).version
  : "unknown";
