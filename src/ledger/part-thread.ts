import { parentPort } from "node:worker_threads";
import { verifyPart, type Part } from "./verify-part.ts";

/** A thread of {@link PartThreads}: answers each part with what was found. */
parentPort?.on("message", (part: Part) => {
  parentPort?.postMessage(verifyPart(part));
});
