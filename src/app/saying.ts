import { createHash } from "node:crypto";
import type { Post } from "../cards/posts.ts";
import type { Posted } from "./messenger.ts";
import type { Subject } from "./subject.ts";
import type { ToldRecord } from "./told.ts";

/** What becomes of one lane's posts while they are said: kept here, and remembered together. */
export class Saying {
  readonly subject: Subject;
  /** What was told, by post. */
  readonly already: Map<string, ToldRecord>;
  /** The posts that nothing is known of yet: each may stand there if nothing more is heard. */
  readonly intentions: ReadonlyMap<string, ToldRecord>;
  /** What stands now. */
  readonly said = new Map<string, ToldRecord>();
  readonly #untouched: Set<string>;

  constructor(subject: Subject, already: Map<string, ToldRecord>, waiting: readonly Post[]) {
    this.subject = subject;
    this.already = already;
    const fresh = waiting.filter(({ key }) => !already.has(key));
    this.intentions = new Map(fresh.map((post) => [post.key, { shows: digest([post]) }]));
    this.#untouched = new Set(this.intentions.keys());
  }

  /** Of which it is known that nothing was posted. */
  get unsaid(): string[] {
    return [...this.#untouched];
  }

  /** They are being posted: from now on it isn't known, unless {@link stands} or {@link refused} tells. */
  begin(keys: readonly string[]): void {
    for (const key of keys) this.#untouched.delete(key);
  }

  /** They stand there. */
  stands(keys: readonly string[], posted: Posted, shows: string): void {
    const record: ToldRecord = { posted: { channel: posted.channel, message: posted.message }, shows };
    this.begin(keys);
    for (const key of keys) {
      this.said.set(key, record);
      this.already.set(key, record);
    }
  }

  /** The platform said no: nothing was posted. */
  refused(keys: readonly string[]): void {
    for (const key of keys) this.#untouched.add(key);
  }

  /** It stands there no longer, or can't be replied to any more: it is to be said anew. */
  gone(key: string): void {
    this.said.delete(key);
    this.already.delete(key);
    this.#untouched.add(key);
  }
}

/** What posts show. */
export function digest(batch: readonly Post[]): string {
  const shown = batch.map(({ content }) => content);
  return createHash("sha256").update(JSON.stringify(shown)).digest("hex").slice(0, 16);
}
