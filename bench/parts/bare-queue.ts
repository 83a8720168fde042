// What our way from the click to the grant is held against: one BullMQ job, from add to processed.
import { once } from "node:events";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { servePart } from "../part.ts";

const url = process.env["REDIS_URL"] ?? "";
const common = { prefix: "bench" };
const options = { removeOnComplete: true, removeOnFail: true };
const queue = new Queue("bare", { ...common, connection: new Redis(url), defaultJobOptions: options });
let processedAt = 0;
const worker = new Worker(
  "bare",
  () => {
    processedAt = performance.now();
    return Promise.resolve();
  },
  { ...common, connection: new Redis(url, { maxRetriesPerRequest: null }) },
);
await worker.waitUntilReady();
servePart("", {
  once: async () => {
    const completed = once(worker, "completed");
    const began = performance.now();
    await queue.add("look", { id: "BG-7K3M2Q" });
    await completed;
    return { taken: processedAt - began, completed: performance.now() - began };
  },
});
