/** What a span is about. */
export interface About {
  /** The request it belongs to: spans of one request share a trace, whichever process they are of. */
  readonly request?: string | undefined;
  /** Fit for anybody's eyes: names of the policy and kinds of things, never a person, a text or a secret. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** `root`: begins the request's trace. `step`: hangs right below that. Otherwise it is a part of the newest of these in its lane. */
  readonly level?: "root" | "step";
  /** What goes on beside the rest, and has parts of its own: a chat platform, the gateway. */
  readonly lane?: string;
}

/** Takes the time of pieces of work. It never fails, and never holds the work up. */
export interface Trace {
  span<T>(name: string, about: About, work: () => Promise<T>): Promise<T>;
  /** Hands over what is not sent yet, as far as that goes soon. */
  stop(): Promise<void>;
}

/** Takes none. */
export const untraced: Trace = {
  span: async (_name, _about, work) => await work(),
  stop: () => Promise.resolve(),
};
