import { z } from "zod";

/** Where a process is to die, as it is told. */
export const orderSchema = z.strictObject({
  /** One of the crash points; empty for none. */
  point: z.string(),
  /** The how manieth time that it comes there. */
  nth: z.int(),
  /** For a `.during`: how long after the work began. 0: as soon as it was begun. */
  ms: z.int(),
});

export type Order = z.output<typeof orderSchema>;

/** What a process is started with. */
export const birthSchema = z.strictObject({ env: z.record(z.string(), z.string()), order: orderSchema });

export type Birth = z.output<typeof birthSchema>;
