import { readFileSync } from "node:fs";
import { z } from "zod";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** The program's version, as its package has it. */
export const VERSION = z.object({ version: z.string() }).parse(JSON.parse(text)).version;
