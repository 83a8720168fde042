import { z } from "zod";
import { CodedError } from "../../errors.ts";

const Name = z.string().regex(/^bg[_-][0-9a-z_-]{1,60}$/, "must be a name that starts with bg_ or bg-");
const Handle = z.strictObject({
  request: z
    .string()
    .regex(/^BG-[0-9A-HJKMNP-TV-Z]{6}$/, "must be a request's id such as BG-7K3M2Q")
    .optional(),
  name: Name,
  ref: z.string().max(500).optional(),
});

/** A page shows it, and a message all but the password, to be copied: chat has no way to write a backtick in it, nor what can't be seen. */
const Shown = z
  .string()
  .regex(
    /^[\x20-\x5f\x61-\x7e]+$/,
    "must be printable ASCII without a backtick, so that it can be copied from a message",
  );

/** What a program answers on stdout, by action. */
export const ANSWERS = {
  grant: z.strictObject({
    credential: z.strictObject({ user: Shown, password: Shown, connect: Shown.optional() }).optional(),
    ref: Handle.shape.ref,
  }),
  revoke: z.strictObject({ done: z.array(z.string().min(1).max(200)).optional() }),
  list: z.strictObject({ handles: z.array(Handle) }),
  check: z.strictObject({ ok: z.boolean(), problems: z.array(z.string()).optional() }),
};

/**
 * Reads an answer. The text may hold a password, so no error repeats any of it; `JSON.parse` would.
 *
 * @param schema - one of {@link ANSWERS}
 * @param stdout - what the program wrote; nothing at all reads as `{}`
 * @throws CodedError `TARGET_REFUSED` that says what is wrong
 */
export function readAnswer<T>(schema: z.ZodType<T>, stdout: string): T {
  const result = schema.safeParse(parseJson(stdout.trim() === "" ? "{}" : stdout));
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `${placeOf(issue.path)} has keys that are not known`
      : `${placeOf(issue.path)}: ${issue.message}`,
  );
  throw malformed(wrong.join("; "));
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the answer" : path.map(String).join(".");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
}

function malformed(wrong: string): CodedError {
  return new CodedError("TARGET_REFUSED", `The program's answer can't be used: ${wrong}.`, {
    next: "Mend the program: it writes one JSON object to stdout, and everything else to stderr.",
  });
}
