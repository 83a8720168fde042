import { z } from "zod";
import { requestOf } from "../principal-name.ts";
import { Timeout } from "../timeout.ts";
import { readServerAddress } from "./server-address.ts";

/** Postgres cuts longer names short without a word (NAMEDATALEN). */
const RoleName = z
  .string()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= 63, "must be at most 63 bytes long");

export const connectionSchema = z.strictObject({
  url: z.string().superRefine((url, context) => {
    try {
      readServerAddress(url);
    } catch (thrown) {
      context.addIssue({ code: "custom", message: thrown instanceof Error ? thrown.message : "can't be read" });
    }
  }),
  quarantine: RoleName.refine(
    (name) => requestOf(name) === undefined,
    "must not look like the name of a request's role",
  ).default("bg_quarantine"),
  connectTimeout: Timeout.optional(),
});

export const roleSchema = z.strictObject({
  memberOf: z.array(RoleName).min(1),
  connectionLimit: z.int().min(1).max(1_000).default(5),
  database: RoleName.optional(),
});

/** A target's `connection:`. `url` is the admin's; the role `quarantine` gets what a requester made. */
export type PostgresConnection = z.infer<typeof connectionSchema>;

/** A role's `grant:`. The login role becomes a member of `memberOf`; `database` is the one to connect to. */
export type PostgresRole = z.infer<typeof roleSchema>;
