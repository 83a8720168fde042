// A thread runs no source: tsx looks after its main thread alone.
import { register } from "tsx/esm/api";

register();
await import("../../src/ledger/part-thread.ts");
