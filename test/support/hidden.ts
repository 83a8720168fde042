/** Where something could have ended up: everything that stands there, by the place's name. */
export type Places = Readonly<Record<string, string | Buffer>>;

/**
 * Where a secret can be read, in the clear or written in another way: in hex, in base64 (also in the middle of something
 * longer), percent-encoded, escaped as JSON, or as the bytes that its hex digits stand for.
 *
 * @returns `redis: base64`, for each place and form; nothing that could give it away
 */
export function whereHidden(secret: string, places: Places): string[] {
  const forms = formsOf(secret);
  return Object.entries(places).flatMap(([place, content]) => {
    const held = Buffer.from(content);
    return forms.filter(([, form]) => held.includes(form)).map(([form]) => `${place}: ${form}`);
  });
}

function formsOf(secret: string): [string, Buffer][] {
  const bytes = Buffer.from(secret);
  const forms: [string, string | Buffer][] = [
    ["clear", secret],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["URL", encodeURIComponent(secret)],
    ["percent", bytes.toString("hex").replace(/../g, "%$&")],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ...base64Of(bytes),
  ];
  if (/^(?:[0-9a-f]{2}){16,}$/.test(secret)) {
    const raw = Buffer.from(secret, "hex");
    forms.push(["bytes", raw], ...base64Of(raw).map(([name, form]): [string, string] => [`bytes in ${name}`, form]));
  }
  return forms.map(([name, form]) => [name, Buffer.from(form)]);
}

/** In base64 a text looks different at each of three places; its edges depend on what stands beside it, and are left out. */
function base64Of(bytes: Buffer): [string, string][] {
  return [0, 1, 2].flatMap((before): [string, string][] => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3));
    const form = whole.toString("base64").slice(before === 0 ? 0 : 4);
    return [
      ["base64", form],
      ["base64url", form.replaceAll("+", "-").replaceAll("/", "_")],
    ];
  });
}
